/** Which task a command means, messages to it, and a request that comes twice. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Limits } from '../../src/limits.ts'
import { refused } from '../../src/wire/rejection.ts'
import type { FakeRun } from './fake-runner.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

const send = (text: string) => ({ commandName: 'SendMessage' as const, data: { text } })

describe('the current task', () => {
  test('is the last that the connection started, also after it has settled', async () => {
    const { runner, connect } = rig()
    const client = await connect()
    const first = await client.start()
    const second = await client.start()
    runner.last.started()
    runner.last.ends()
    await client.hears('taskIdle', second)
    expect(await client.refusal(send('more'))).toBe('unsupported')
    await client.ask({ commandName: 'CancelTask', data: first })
    await client.hears('taskAborted', first)
    expect(client.told(second)).not.toContain('taskAborted')
  })

  test('ends when it is closed, by whomever', async () => {
    const { runner, connect } = rig()
    const [client, other] = [await connect(), await connect()]
    const id = await client.start()
    runner.last.started()
    await other.ask({ commandName: 'CloseTask', data: id })
    await client.hears('taskUnfocused')
    expect(await client.refusal(send('?'))).toBe('not_current')
    await client.ask({ commandName: 'ResumeTask', data: id })
    await client.ask(send('back'))
    expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: 'starting' })
  })

  test('of a connection that never had one is the only task that runs, whoever started it', async () => {
    const { runner, connect } = rig()
    const [client, other] = [await connect(), await connect()]
    expect(await other.refusal({ commandName: 'CancelTask' })).toBe('not_current')
    await client.start()
    runner.last.started()
    await other.ask(send('hello'))
    expect(runner.last.sent).toEqual([{ text: 'hello', images: [] }])
    await client.start()
    expect(await other.refusal(send('which?'))).toBe('not_current')
  })

  test('of a connection whose own was closed is none', async () => {
    const { connect } = rig()
    const [client, other] = [await connect(), await connect()]
    await other.start()
    await client.start()
    await client.ask({ commandName: 'CloseTask' })
    await client.hears('taskUnfocused')
    expect(await client.refusal({ commandName: 'CancelTask' })).toBe('not_current')
  })
})

test('a task that nobody knows is unknown_task for every command', async () => {
  const { connect } = rig()
  const client = await connect()
  for (const commandName of ['CancelTask', 'CloseTask', 'ResumeTask', 'GetTask'] as const) {
    expect(await client.refusal({ commandName, data: 'nobody' })).toBe('unknown_task')
  }
  const message = { commandName: 'SendMessage' as const, data: { text: 'x', taskId: 'nobody' } }
  expect(await client.refusal(message)).toBe('unknown_task')
  const reply = await client.request({ commandName: 'GetTask', data: '\u001b[2J' })
  expect(reply.ok ? '' : reply.error.message).toContain('No task has the id \\u{1b}[2J:')
})

describe('messages to a task', () => {
  test('wait while it starts and are handed over, in order, when it has started', async () => {
    const { runner, connect } = rig()
    const client = await connect()
    await client.start()
    await client.ask(send('one'))
    await client.ask({ commandName: 'SendMessage', data: { text: 'two', images: ['data:x'] } })
    expect(runner.last.sent).toEqual([])
    runner.last.started()
    await until(() => client.told().filter((word) => word === 'say:user_feedback').length === 2)
    expect(runner.last.sent).toEqual([
      { text: 'one', images: [] },
      { text: 'two', images: ['data:x'] },
    ])
    expect(client.told().slice(3)).toEqual([
      'queuedMessagesUpdated',
      'queuedMessagesUpdated',
      'taskTokenUsageUpdated',
      'taskStarted',
      'queuedMessagesUpdated',
      'say:user_feedback',
      'say:user_feedback',
    ])
    const queues = client
      .events()
      .flatMap(({ data }) =>
        data.eventName === 'queuedMessagesUpdated' ? [data.payload[1].map(({ text }) => text)] : [],
      )
    expect(queues).toEqual([['one'], ['one', 'two'], []])
  })

  test('that wait can be taken back', async () => {
    const { runner, connect } = rig()
    const client = await connect()
    await client.start()
    await client.ask(send('one'))
    await client.ask(send('two'))
    await client.hears('queuedMessagesUpdated')
    const [queue] = client
      .events()
      .flatMap(({ data }) => (data.eventName === 'queuedMessagesUpdated' ? [data.payload[1]] : []))
    const id = queue?.[0]?.id ?? ''
    await client.ask({ commandName: 'DeleteQueuedMessage', data: id })
    expect(await client.refusal({ commandName: 'DeleteQueuedMessage', data: id })).toBe('invalid_command')
    runner.last.started()
    await client.hears('say:user_feedback')
    expect(runner.last.sent.map(({ text }) => text)).toEqual(['two'])
  })

  test.each([
    ['that fails', 'say:error', (run: FakeRun) => run.ends({ ok: false })],
    ['that completes', 'say:completion_result', (run: FakeRun) => run.ends()],
    ['that is cancelled', 'taskExited', (run: FakeRun) => run.cancel()],
  ])('that wait for a run %s are told to wait no longer, before its end', async (_, end, finish) => {
    const { runner, connect } = rig()
    runner.queuesMessages = true
    const client = await connect()
    const task = await client.start()
    runner.last.started()
    await client.ask(send('one'))
    client.forget()
    if (end === 'taskExited') await client.ask({ commandName: 'CancelTask', data: task })
    finish(runner.last)
    await until(() => client.told().some((word) => word === 'taskIdle' || word === 'taskResumable'))
    const [first] = client.events()
    expect(first?.data).toEqual({ eventName: 'queuedMessagesUpdated', payload: [task, []] })
    expect(client.told().slice(1)).not.toContain('queuedMessagesUpdated')
  })

  test('that wait for a task that never starts are told to wait no longer', async () => {
    const { connect } = rig({ limits: { runningTasks: 1 } })
    const client = await connect()
    await client.start()
    const task = await client.start()
    await client.ask(send('one'))
    await client.ask({ commandName: 'CancelTask', data: task })
    await client.hears('taskAborted', task)
    expect(client.told(task).slice(-4)).toEqual([
      'queuedMessagesUpdated',
      'queuedMessagesUpdated',
      'taskAborted',
      'taskResumable',
    ])
  })

  test('are not queued for a run that would refuse them: it is ending', async () => {
    const { runner, connect } = rig()
    runner.queuesMessages = true
    const client = await connect()
    await client.start()
    runner.last.started()
    runner.last.takes = refused('busy', 'This task is ending.')
    expect(await client.refusal(send('late'))).toBe('busy')
    expect(client.told()).not.toContain('queuedMessagesUpdated')
  })

  test('that the run does not take are refused as it says, and not told as said', async () => {
    const { runner, connect } = rig()
    const client = await connect()
    await client.start()
    runner.last.started()
    runner.last.takes = refused('limit_exceeded', 'stdin is full')
    expect(await client.refusal(send('x'))).toBe('limit_exceeded')
    await quiet()
    expect(client.told()).not.toContain('say:user_feedback')
  })

  // bound: queuedMessagesMax
  test('are at most so many while it starts', async () => {
    const { connect } = rig({ limits: { queuedMessagesMax: 2 } })
    const client = await connect()
    await client.start()
    await client.ask(send('1'))
    await client.ask(send('2'))
    expect(await client.refusal(send('3'))).toBe('limit_exceeded')
  })

  // bound: queuedMessagesBytesMax
  test('take at most so many bytes while it starts, as they are told of', async () => {
    // Ids of one length.
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5)
    onTestFinished(() => random.mockRestore())
    // As they stand in queuedMessagesUpdated: characters of three bytes each.
    const told = async (limits: Partial<Limits>): Promise<number | string> => {
      const { connect } = rig({ limits })
      const client = await connect()
      await client.start()
      await client.ask(send('1'))
      const reply = await client.request(send('€'.repeat(100)))
      if (!reply.ok) return reply.error.code
      await until(() => client.told().filter((word) => word === 'queuedMessagesUpdated').length === 2)
      const { data } = client.events().at(-1) ?? {}
      if (data?.eventName !== 'queuedMessagesUpdated') throw new Error('no queue')
      return Buffer.byteLength(JSON.stringify(data.payload[1]))
    }
    const bytes = Number(await told({}))
    expect(bytes).toBeGreaterThan(400)
    expect(await told({ queuedMessagesBytesMax: bytes })).toBe(bytes)
    expect(await told({ queuedMessagesBytesMax: bytes - 1 })).toBe('limit_exceeded')
  })
})

describe('a request of one id', () => {
  test('is done once and answered twice alike, with another body it is a conflict', async () => {
    const { runner, connect } = rig()
    const client = await connect()
    const start = { commandName: 'StartNewTask' as const, data: { text: 'once' } }
    const first = await client.request(start, 'same')
    client.forget()
    expect(await client.request(start, 'same')).toEqual(first)
    expect(runner.runs).toHaveLength(1)
    client.forget()
    const other = await client.request({ ...start, data: { text: 'twice' } }, 'same')
    expect(other).toMatchObject({ ok: false, error: { code: 'request_conflict' } })
    client.forget()
    expect(await client.request(start, 'same')).toEqual(first)
    expect(runner.runs).toHaveLength(1)
  })

  test('that was refused is refused again without being tried', async () => {
    const { runner, connect } = rig({ limits: { tasksLiveMax: 1, queuedTasksMax: 0 } })
    const client = await connect()
    await client.start()
    const start = { commandName: 'StartNewTask' as const, data: { text: 'second' } }
    expect(await client.request(start, 'r')).toMatchObject({ error: { code: 'queue_full' } })
    runner.last.started()
    runner.last.ends()
    await client.hears('taskIdle')
    client.forget()
    expect(await client.request(start, 'r')).toMatchObject({ error: { code: 'queue_full' } })
  })

  test('belongs to its session: another connection may use it too', async () => {
    const { runner, connect } = rig()
    for (const client of [await connect(), await connect()])
      await client.request({ commandName: 'StartNewTask', data: {} }, 'r1')
    expect(runner.runs).toHaveLength(2)
  })
})
