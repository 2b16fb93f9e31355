/** The queue over the memory rig: who runs, who waits, and where. */
import { describe, expect, test } from 'vitest'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'
import { finish, getTask, narrow, waiting } from './narrow-rig.ts'

const asking = (priority: number) => ({ command: ['x'], priority })

describe('as many run as may', () => {
  test('the next waits, is told so, and runs when its turn comes', async () => {
    const { runner, connect } = rig(narrow())
    const client = await connect()
    await client.greet()
    const first = await client.start()
    const second = await client.start('later', asking(3))
    expect(runner.runs).toHaveLength(1)
    expect(client.told(second)).toEqual(['taskCreated', 'taskFocused', 'say:text', 'taskQueued'])
    const queued = client.events(second).at(-1)
    expect(queued?.data).toEqual({ eventName: 'taskQueued', payload: [second, { place: 1, priority: 3 }] })
    expect(queued?.by).toBe(client.clientId)
    expect(await getTask(client, second)).toMatchObject({ state: 'queued', queuePlace: 1, priority: 3 })
    finish(runner.last)
    await client.hears('taskIdle', first)
    await until(() => runner.runs.length === 2)
    expect((await getTask(client, second)).queuePlace).toBe(undefined)
    runner.last.started()
    await client.hears('taskStarted', second)
    expect(client.told(second).slice(4)).toEqual(['taskTokenUsageUpdated', 'taskStarted'])
  })

  test('a legacy client is not told of places, and its task runs all the same', async () => {
    const { runner, connect } = rig(narrow())
    const client = await connect()
    client.send(
      { commandName: 'StartNewTask', data: { configuration: { callboard: { command: ['x'] } } } },
      { commandName: 'StartNewTask', data: { configuration: { callboard: { command: ['x'] } } } },
    )
    await until(() => client.events().length === 6)
    expect(client.told()).not.toContain('taskQueued')
    finish(runner.last)
    await until(() => runner.runs.length === 2)
  })

  test("one client's hundred do not keep back another's one; a higher priority goes first", async () => {
    const { runner, connect } = rig(narrow())
    const [many, few] = [await connect(), await connect()]
    await many.start()
    const hundred: string[] = []
    for (let n = 0; n < 100; n++) hundred.push(await many.start())
    const one = await few.start()
    const urgent = await many.start('', asking(10))
    const late = await few.start('', asking(-10))
    const order = await waiting(few)
    expect(order.slice(0, 3)).toEqual([urgent, hundred[0], one])
    expect([order.length, order.at(-1)]).toEqual([103, late])
    const ran: string[] = []
    while (ran.length < 3) {
      const { length } = runner.runs
      finish(runner.last)
      await until(() => runner.runs.length === length + 1)
      ran.push(runner.last.task.id)
    }
    expect(ran).toEqual([urgent, hundred[0], one])
  })

  // bound: priorityMax
  test('a priority out of range is refused, at its ends it is not', async () => {
    const { connect } = rig(narrow())
    const client = await connect()
    const start = (priority: number) => ({
      commandName: 'StartNewTask' as const,
      data: { configuration: { callboard: asking(priority) } },
    })
    for (const priority of [11, -11, 0.5])
      expect(await client.refusal(start(priority))).toBe('invalid_command')
    for (const priority of [10, -10]) expect(await client.refusal(start(priority))).toBe(undefined)
  })

  test('what is resumed waits like any other', async () => {
    const { runner, connect } = rig(narrow())
    const client = await connect()
    await client.greet()
    const first = await client.start()
    finish(runner.last)
    await client.hears('taskIdle', first)
    await client.start()
    client.forget()
    await client.ask({ commandName: 'ResumeTask', data: first })
    expect(client.told(first)).toEqual(['taskFocused', 'taskQueued'])
    expect(await client.refusal({ commandName: 'ResumeTask', data: first })).toBe('busy')
    finish(runner.last)
    await until(() => runner.runs.length === 3)
    expect(runner.last.task.id).toBe(first)
  })
})

describe('a task that waits', () => {
  test.each(['CancelTask', 'CloseTask'] as const)(
    'ends by %s without having run, and others move up',
    async (commandName) => {
      const { runner, connect } = rig(narrow())
      const client = await connect()
      await client.start()
      const [second, third] = [await client.start(), await client.start()]
      await client.ask({ commandName, data: second })
      await client.hears('taskAborted', second)
      expect(await waiting(client)).toEqual([third])
      expect((await getTask(client, second)).state).toBe(commandName === 'CancelTask' ? 'aborted' : 'closed')
      finish(runner.last)
      await until(() => runner.runs.length === 2)
      expect(runner.last.task.id).toBe(third)
    },
  )

  test('keeps messages until it runs', async () => {
    const { runner, connect } = rig(narrow())
    const client = await connect()
    await client.start()
    const second = await client.start()
    await client.ask({ commandName: 'SendMessage', data: { taskId: second, text: 'hello' } })
    finish(runner.last)
    await until(() => runner.runs.length === 2)
    runner.last.started()
    await quiet()
    expect(runner.last.sent).toEqual([{ text: 'hello', images: [] }])
  })

  test('can be held: then others do not cancel it', async () => {
    const { connect } = rig(narrow())
    const [one, two] = [await connect(), await connect()]
    await one.start()
    const second = await one.start()
    await one.ask({ commandName: 'ClaimTask', data: { taskId: second } })
    expect(await two.refusal({ commandName: 'CancelTask', data: second })).toBe('not_owner')
  })

  test('runs after one that could not be started', async () => {
    const { runner, connect } = rig(narrow())
    const client = await connect()
    await client.start()
    const [second, third] = [await client.start(), await client.start()]
    runner.startFault = new Error('no more processes')
    finish(runner.last)
    await client.hears('taskAborted', second)
    await client.hears('taskAborted', third)
    runner.startFault = undefined
    const fourth = await client.start()
    expect(runner.runs.map(({ task }) => task.id).at(-1)).toBe(fourth)
  })
})

describe('at its bound', () => {
  // bound: queuedTasksMax, runningTasks
  test('the queue takes no more, whatever is sent, until one has left', async () => {
    const { runner, connect, tasks } = rig(narrow({ limits: { queuedTasksMax: 2 } }))
    const client = await connect()
    const first = await client.start()
    const second = await client.start()
    await client.start()
    const start = {
      commandName: 'StartNewTask' as const,
      data: { configuration: { callboard: { command: ['x'] } } },
    }
    for (let times = 0; times < 20; times++) expect(await client.refusal(start)).toBe('queue_full')
    expect([runner.runs.length, tasks.liveCount]).toEqual([1, 3])
    await client.ask({ commandName: 'CancelTask', data: second })
    await client.hears('taskAborted', second)
    await client.start()
    finish(runner.last)
    await client.hears('taskIdle', first)
    await until(() => runner.runs.length === 2)
    await client.start()
    expect(await client.refusal({ commandName: 'ResumeTask', data: first })).toBe('queue_full')
  })

  // bound: queuedTasksBytesMax
  test('requests that wait have so many bytes in all', async () => {
    const { connect } = rig(narrow({ limits: { queuedTasksBytesMax: 1_000 } }))
    const client = await connect()
    await client.start('x'.repeat(5_000))
    const text = (chars: number) => ({
      commandName: 'StartNewTask' as const,
      data: { text: 'x'.repeat(chars), configuration: { callboard: { command: ['x'] } } },
    })
    const rest = 1_000 - JSON.stringify({ callboard: { command: ['x'] } }).length
    expect(await client.refusal(text(rest + 1))).toBe('queue_full')
    expect(await client.refusal(text(rest))).toBe(undefined)
    expect(await client.refusal(text(0))).toBe('queue_full')
  })
})
