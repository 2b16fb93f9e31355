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

test("a message under another's clientId is refused and does nothing", async () => {
  const { runner, connect } = rig()
  const [client, other] = [await connect(), await connect()]
  client.send({
    commandName: 'StartNewTask',
    data: {},
    clientId: other.clientId,
    requestId: 'r',
  })
  expect(await client.reply('r')).toMatchObject({ ok: false, error: { code: 'unauthorized' } })
  expect(runner.runs).toEqual([])
})

describe('a listener with scope=own', () => {
  const listeners = [{ scope: 'own' as const }, {}]

  test('shows a client its own tasks and hides all others, in lists, events and commands', async () => {
    const { runner, connect } = rig({ listeners })
    const [mine, stranger, all] = [await connect(0), await connect(0), await connect(1)]
    const own = await mine.start('mine')
    const foreign = await stranger.start('foreign')
    runner.last.started()
    await all.hears('taskStarted')
    await quiet()
    expect(new Set(mine.events().map(({ task }) => task))).toEqual(new Set([own]))
    const { tasks } = await mine.ask<{ tasks: { id: string }[] }>({ commandName: 'ListTasks' })
    expect(tasks.map(({ id }) => id)).toEqual([own])
    for (const commandName of ['GetTask', 'CancelTask', 'CloseTask', 'ResumeTask'] as const)
      expect(await mine.refusal({ commandName, data: foreign })).toBe('unknown_task')
    await mine.ask({ commandName: 'Subscribe', data: { tasks: [own, foreign], after: 0 } })
    await quiet()
    expect(mine.events().some(({ task }) => task === foreign)).toBe(false)
    const { clients } = await mine.ask<{ clients: unknown[] }>({ commandName: 'ListClients' })
    expect(clients).toHaveLength(1)
  })

  test('the only running task is not meant where it is another client’s', async () => {
    const { connect } = rig({ listeners })
    const [mine, all] = [await connect(0), await connect(1)]
    await all.start()
    expect(await mine.refusal({ commandName: 'CancelTask' })).toBe('not_current')
  })

  test('a settled task that is resumed by its id becomes its own, one that cannot be does not', async () => {
    const { runner, connect } = rig({ listeners })
    const [mine, all] = [await connect(0), await connect(1)]
    const id = await all.start()
    runner.last.started()
    runner.last.ends()
    await all.hears('taskIdle')
    await mine.ask({ commandName: 'ResumeTask', data: id })
    await mine.hears('taskFocused', id)
    runner.refuses('no')
    const failed = await all.start()
    expect(await mine.refusal({ commandName: 'ResumeTask', data: failed })).toBe('not_resumable')
    expect(await mine.refusal({ commandName: 'GetTask', data: failed })).toBe('unknown_task')
  })

  test("no client learns another's session id", async () => {
    const { connect } = rig({ listeners })
    const [mine, all] = [await connect(0), await connect(1)]
    const { sessionId } = await mine.greet()
    const clients = await all.ask({ commandName: 'ListClients' })
    expect(JSON.stringify(clients)).not.toContain(sessionId)
  })
})

describe('an observer', () => {
  const listeners = [{ role: 'observer' as const }, {}]

  test('may watch and may not change anything', async () => {
    const { runner, connect, asked } = rig({ listeners })
    const [observer, client] = [await connect(0), await connect(1)]
    const id = await client.start()
    await observer.hears('taskCreated')
    await observer.ask({ commandName: 'ListTasks' })
    await observer.ask({ commandName: 'GetStatus' })
    await observer.ask({ commandName: 'Subscribe', data: { tasks: [id] } })
    expect(await observer.refusal({ commandName: 'StartNewTask', data: {} })).toBe('unauthorized')
    expect(await observer.refusal({ commandName: 'CancelTask', data: id })).toBe('unauthorized')
    expect(await observer.refusal({ commandName: 'Shutdown' })).toBe('unauthorized')
    expect([runner.runs.length, asked.shutdown]).toEqual([1, []])
  })

  test('does not become more by saying that it is a client', async () => {
    const { connect } = rig({ listeners })
    const observer = await connect(0)
    await observer.greet({ role: 'client' })
    expect(await observer.refusal({ commandName: 'StartNewTask', data: {} })).toBe('unauthorized')
  })

  test('is also who says so in its Hello', async () => {
    const { connect } = rig({ listeners })
    const client = await connect(1)
    await client.greet({ role: 'observer' })
    expect(await client.refusal({ commandName: 'StartNewTask', data: {} })).toBe('unauthorized')
  })
})
