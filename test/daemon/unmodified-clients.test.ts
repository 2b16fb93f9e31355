import { describe, expect, test } from 'vitest'
import { DaemonPlace, startDaemonProcess } from './daemon-process.ts'
import { config, fields, FieldSetting, newest, socketOf, startForField } from './field-setting.ts'
import { RawLink } from './raw-link.ts'
import { RooClient } from './roo-client.ts'
import { eventually, processesOf } from './task-events.ts'

const beginning = ['taskCreated', 'taskFocused', 'say:text', 'taskTokenUsageUpdated', 'taskStarted']
const ending = [
  'say:completion_result',
  'taskTokenUsageUpdated',
  'taskCompleted',
  'ask:completion_result',
  'taskIdle',
]
const cancelled = ['taskAborted', 'taskResumable']

/** Every kind of event of the protocol's orders that a command makes, on each vocabulary. */
const everyKind = [
  ...new Set([...beginning, ...ending, ...cancelled]),
  'say:command_output',
  'say:error',
  'say:user_feedback',
  'taskUnfocused',
]
const newerKinds = ['queuedMessagesUpdated', 'commandsResponse', 'modesResponse', 'modelsResponse']

describe.each(fields)('a client of node-ipc 12.0.0 and @roo-code/types $version', (field) => {
  const setting = new FieldSetting(field)
  const { isNewer } = field

  test('is told its clientId at once, each its own', async () => {
    const [one, other] = [await setting.open(), await setting.open()]
    expect(one.clientId).toMatch(/^[0-9a-f]{12}$/)
    expect(other.clientId).not.toBe(one.clientId)
  })

  test('starts a task by the default profile, and a second one hears it from beginning to end', async () => {
    const [starter, watcher] = [await setting.open(), await setting.open()]
    const task = await starter.startAndHear('Build it', 'code')
    await watcher.heard(task, 'taskIdle')
    await starter.heard(task, 'taskIdle')
    const names = watcher.named(task)
    expect(names.slice(0, 5)).toEqual(beginning)
    expect(names.slice(5, -5)).toEqual(names.slice(5, -5).map(() => 'say:command_output'))
    expect(names.slice(-5)).toEqual(ending)
    expect(starter.named(task)).toEqual(names)
    const outputs = watcher.events.filter(({ name }) => name === 'say:command_output').map(({ text }) => text)
    expect(new Set(outputs)).toEqual(new Set(['to stderr\n', 'to stdout\n']))
    const { payload } = await watcher.heard(task, 'taskCompleted')
    expect(payload).toMatchObject([
      task,
      { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0 },
      {},
      { isSubtask: false },
    ])
  })

  test('cancels a task by its id, also one that another client started', async () => {
    const [starter, other] = [await setting.open(), await setting.open()]
    const task = await starter.startAndHear('Wait for me', 'wait')
    await other.heard(task, 'taskStarted')
    // From 1.115 on the schema has no id for it, but takes one.
    other.command('CancelTask', task)
    for (const client of [starter, other]) {
      await client.heard(task, 'taskResumable')
      expect(client.named(task)).toEqual([...beginning, ...cancelled])
    }
  })

  test('is told of a task that fails, by an error and an end', async () => {
    const client = await setting.open()
    const task = await client.startAndHear('Do it wrong', 'fail')
    await client.heard(task, 'taskResumable')
    expect(client.named(task)).toEqual([...beginning, 'say:command_output', 'say:error', ...cancelled])
    expect((await client.heard(task, 'say:error')).text).toContain('exit code 3')
  })

  test('runs tasks side by side, and none ends another', async () => {
    const client = await setting.open()
    const waiting = await client.startAndHear('Wait a long time', 'wait')
    const quick = await client.startAndHear('Be quick', 'work')
    await client.heard(quick, 'taskCompleted')
    expect(client.named(waiting)).toEqual(beginning)
    client.command('CloseTask', waiting)
    await client.heard(waiting, 'taskUnfocused')
    expect(client.named(waiting)).toEqual([...beginning, ...cancelled, 'taskUnfocused'])
  })

  test('resumes a task under the same id, focused and started again', async () => {
    const [client, watcher] = [await setting.open(), await setting.open()]
    const task = await client.startAndHear('Twice', 'again')
    await Promise.all([client.heard(task, 'taskIdle'), watcher.heard(task, 'taskIdle')])
    watcher.events.length = 0
    client.command('ResumeTask', task)
    await watcher.heard(task, 'taskIdle')
    expect(watcher.named(task)).toEqual([
      'taskFocused',
      'taskTokenUsageUpdated',
      'taskStarted',
      'say:command_output',
      ...ending,
    ])
  })

  test('closes a settled task, and resumes it from there', async () => {
    const client = await setting.open()
    const task = await client.startAndHear('Close it', 'work')
    await client.heard(task, 'taskIdle')
    client.command('CloseTask', task)
    await client.heard(task, 'taskUnfocused')
    client.events.length = 0
    client.command('ResumeTask', task)
    await client.heard(task, 'taskIdle')
    expect(client.named(task)[0]).toBe('taskFocused')
  })

  test('hears nothing of a task id that nobody knows, and goes on', async () => {
    const client = await setting.open()
    client.command('CancelTask', '018f0000-0000-7000-8000-000000000001')
    client.command('ResumeTask', 'x')
    const task = await client.startAndHear('Still here', 'work')
    await client.heard(task, 'taskIdle')
  })

  test('is sent every kind of event that its schema knows', async () => {
    const client = await setting.open()
    const done = await client.startAndHear('Do everything', 'work')
    const talked = await client.startAndHear('Talk to me', 'talk')
    await client.heard(talked, 'taskStarted')
    // 1.63 cannot send messages: another program does.
    await using helper = await RawLink.open(setting.daemon.socketPath)
    helper.command('SendMessage', { text: 'a word', taskId: talked })
    await client.heard(talked, 'taskIdle')
    await client.heard(done, 'taskIdle')
    const failed = await client.startAndHear('Fail', 'fail')
    await client.heard(failed, 'taskResumable')
    client.command('CloseTask', failed)
    await client.heard(failed, 'taskUnfocused')
    if (isNewer) for (const name of ['GetCommands', 'GetModes', 'GetModels']) client.command(name)
    await queueWhileStarting(helper)
    await eventually(() => expect(client.events.at(-1)?.name).toBe('taskIdle'))

    const seen = new Set(client.events.map(({ name }) => name))
    const expected = isNewer ? [...everyKind, ...newerKinds] : everyKind
    expect([...seen].sort()).toEqual(expected.toSorted())
    expect(client.events.filter(({ name }) => name === 'say:user_feedback').map(({ text }) => text)).toEqual([
      'a word',
      'early',
    ])
  })

  test('connects again by itself when the daemon was killed, with a new clientId', async () => {
    using place = new DaemonPlace()
    const first = await startForField(place)
    const client = await setting.open(first)
    const task = await client.startAndHear('Interrupted', 'wait')
    await client.heard(task, 'taskStarted')
    const earlier = client.clientId
    const orphans = processesOf(task)
    await first.kill('SIGKILL')
    for (const pid of orphans) process.kill(pid, 'SIGKILL')
    await eventually(() => expect(client.isConnected).toBe(false))
    await using _second = await startForField(place)
    await client.ready()
    expect(client.acks.length).toBe(2)
    expect(client.clientId).not.toBe(earlier)
    const next = await client.startAndHear('Go on', 'work')
    await client.heard(next, 'taskIdle')
    expect(client.named(next).slice(0, 5)).toEqual(beginning)
  })
})

describe('what only newer clients can ask for', () => {
  const setting = new FieldSetting(newest)

  test('cancels and closes without an id what it started or resumed last', async () => {
    const [client, other] = [await setting.open(), await setting.open()]
    const earlier = await other.startAndHear('Not mine', 'wait')
    const task = await client.startAndHear('Mine', 'wait')
    await client.heard(task, 'taskStarted')
    client.command('CancelTask')
    await client.heard(task, 'taskResumable')
    client.command('CloseTask')
    await client.heard(task, 'taskUnfocused')
    expect(client.named(task)).toEqual([...beginning, ...cancelled, 'taskUnfocused'])
    expect(client.named(earlier)).toEqual(beginning)
    other.command('CancelTask')
    await other.heard(earlier, 'taskAborted')
  })

  test('cancels without an id the only task that runs, though another started it', async () => {
    const [starter, other] = [await setting.open(), await setting.open()]
    const task = await starter.startAndHear('The only one', 'wait')
    await other.heard(task, 'taskStarted')
    other.command('CancelTask')
    await starter.heard(task, 'taskAborted')
  })

  test('alone is answered what it asks the editor for', async () => {
    const [client, other] = [await setting.open(), await setting.open()]
    for (const name of ['GetCommands', 'GetModes', 'GetModels']) client.command(name)
    const modes = Object.keys(config.profiles).map((name) => ({ slug: name, name }))
    expect((await client.heard(undefined, 'modesResponse')).payload).toEqual([modes])
    expect((await client.heard(undefined, 'commandsResponse')).payload).toEqual([[]])
    expect((await client.heard(undefined, 'modelsResponse')).payload).toEqual([{}])
    expect(other.events).toEqual([])
  })
})

describe.each(fields)('with no profile, a client of $version', (field) => {
  test('is told that its task could not start and what to configure, without its prompt in the error', async () => {
    await using daemon = await startDaemonProcess({
      args: ['--listen', 'node-ipc+roo-1.89:{dir}/old.sock'],
    })
    using client = await RooClient.open(socketOf(field, daemon), field.published)
    const task = await client.startAndHear('A secret prompt', 'code')
    await client.heard(task, 'taskAborted')
    expect(client.named(task)).toEqual(['taskCreated', 'taskFocused', 'say:text', 'say:error', 'taskAborted'])
    const { text } = await client.heard(task, 'say:error')
    expect(text).toMatch(/profile/)
    expect(text).not.toContain('secret')
    expect(client.refused).toEqual([])
  })
})

/** Two frames in one write: the message comes while the task is starting, and waits until it runs. */
async function queueWhileStarting(helper: RawLink): Promise<void> {
  const frame = (data: object): string =>
    `${JSON.stringify({ type: 'message', data: { type: 'TaskCommand', origin: 'client', data } })}\f`
  const configuration = { mode: 'talk' }
  helper.write(
    frame({ commandName: 'StartNewTask', data: { configuration, text: 'Queue' } }) +
      frame({ commandName: 'SendMessage', data: { text: 'early' } }),
  )
  await eventually(() =>
    expect(helper.events().filter((name) => name === 'queuedMessagesUpdated')).toHaveLength(2),
  )
}
