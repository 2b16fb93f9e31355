/** The queue over the memory rig: who runs, who waits, and where. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Profiles } from '../../src/actors/profiles.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { limits as defaults } from '../../src/limits.ts'
import type { Task } from '../../src/wire/envelope.ts'
import type { FakeRun } from './fake-runner.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import type { RigOptions } from './rig.ts'
import { quiet, until } from './turns.ts'

const narrow = (more: RigOptions = {}): RigOptions => ({
  ...more,
  limits: { runningTasks: 1, ...more.limits },
})

const getTask = async (client: MemoryClient, task: string): Promise<Task> =>
  await client.ask<Task>({ commandName: 'GetTask', data: task })

/** Those that wait, in order. */
async function waiting(client: MemoryClient): Promise<string[]> {
  const { tasks } = await client.ask<{ tasks: Task[] }>({
    commandName: 'ListTasks',
    data: { states: ['queued'] },
  })
  return tasks.toSorted((one, other) => (one.queuePlace ?? 0) - (other.queuePlace ?? 0)).map(({ id }) => id)
}

/** Its run starts and ends. */
function finish(run: FakeRun | undefined): void {
  run?.started()
  run?.ends()
}

const asking = (priority: number) => ({ command: ['x'], priority })

const profiles: Profiles = {
  byName: new Map([
    ['agent', { name: 'agent', runner: 'command', command: ['x'], exclusive: 'cwd' }],
    ['free', { name: 'free', runner: 'command', command: ['x'] }],
  ]),
  defaultName: undefined,
}

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

describe('exclusivity', () => {
  test('tasks of an exclusive profile in one directory run one at a time; others, and commands, beside them', async () => {
    const { runner, connect } = rig({ profiles })
    const client = await connect()
    const agent = async (cwd: string): Promise<string> => await client.start('', { profile: 'agent', cwd })
    await agent('/a')
    const second = await agent('/a')
    await agent('/b')
    await client.start('', { profile: 'free', cwd: '/a' })
    expect(runner.runs).toHaveLength(3)
    expect(await waiting(client)).toEqual([second])
    finish(runner.runs[0])
    await until(() => runner.runs.length === 4)
    expect(runner.last.task.id).toBe(second)
  })

  test('a task inside a task waits neither for a slot nor for its own parent', async () => {
    const { runner, connect } = rig(narrow({ profiles }))
    const outside = await connect()
    const parent = await outside.start('', { profile: 'agent', cwd: '/a' })
    const inside = await connect()
    await inside.greet({ task: parent })
    const child = await inside.start('', { profile: 'agent', cwd: '/a' })
    expect(runner.runs).toHaveLength(2)
    expect(await getTask(outside, child)).toMatchObject({ state: 'starting', parent })
    const other = await outside.start('', { profile: 'agent', cwd: '/a' })
    finish(runner.runs[0])
    await quiet()
    // The directory is still its child's.
    expect(await waiting(outside)).toEqual([other])
    finish(runner.runs[1])
    await until(() => runner.runs.length === 3)
  })

  test('who claims to be inside a task that does not run gains nothing', async () => {
    const { connect, runner } = rig(narrow())
    const client = await connect()
    await client.greet({ task: 'made up' })
    await client.start()
    await client.start()
    expect(runner.runs).toHaveLength(1)
  })
})

describe('when the store or the daemon stops', () => {
  test('a start that could not be kept takes no place, and no slot', async () => {
    const store = memoryStore(defaults)
    const { connect, runner } = rig(narrow({ store, limits: { queuedTasksMax: 1, storeRetryMs: 1 } }))
    const client = await connect()
    const fail = vi.spyOn(store, 'commit').mockImplementation(() => {
      throw Object.assign(new Error('The disk is full.'), { name: 'StoreUnavailable' })
    })
    const start = {
      commandName: 'StartNewTask' as const,
      data: { configuration: { callboard: { command: ['x'] } } },
    }
    expect(await client.refusal(start)).toBe('storage_unavailable')
    fail.mockRestore()
    await until(() => runner.runs.length === 0)
    await vi.waitFor(async () => expect(await client.refusal(start)).toBe(undefined))
    expect(await client.refusal(start)).toBe(undefined)
    expect(await client.refusal(start)).toBe('queue_full')
  })

  test('a turn that could not be kept comes when the store takes something again', async () => {
    const store = memoryStore(defaults)
    const { connect, runner } = rig(narrow({ store, limits: { storeRetryMs: 1 } }))
    const client = await connect()
    const first = await client.start()
    const second = await client.start()
    const commit = store.commit.bind(store)
    let left = 2
    const fail = vi.spyOn(store, 'commit').mockImplementation((what) => {
      // The start and the end of the first are kept, the turn of the second is not.
      if (left-- > 0) return commit(what)
      throw Object.assign(new Error('The disk is full.'), { name: 'StoreUnavailable' })
    })
    finish(runner.last)
    await client.hears('taskIdle', first)
    await quiet()
    expect(runner.runs).toHaveLength(1)
    expect(await waiting(client)).toEqual([second])
    fail.mockRestore()
    await vi.waitFor(() => expect(runner.runs).toHaveLength(2))
    expect(runner.last.task.id).toBe(second)
  })

  test('a daemon that forgets ends what waits when it drains, and starts nothing more', async () => {
    const { broker, connect, runner, asked } = rig(narrow())
    const client = await connect()
    const first = await client.start()
    const second = await client.start()
    broker.drain(1_000)
    await client.hears('taskAborted', second)
    finish(runner.last)
    await client.hears('taskIdle', first)
    await vi.waitFor(() => expect(asked.stopped).toBe(true))
    expect(runner.runs).toHaveLength(1)
  })

  test('a daemon that remembers leaves what waits queued', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'callboard-queue-'))
    const opened = openSqliteStore({ directory, durability: 'normal', now: Date.now })
    if (!opened.ok) throw new Error(opened.message)
    const { broker, connect, runner, asked, store } = rig(narrow({ store: opened.store }))
    const client = await connect()
    await client.start()
    const second = await client.start()
    broker.drain(1_000)
    finish(runner.last)
    await vi.waitFor(() => expect(asked.stopped).toBe(true))
    expect(runner.runs).toHaveLength(1)
    expect(client.told(second)).not.toContain('taskAborted')
    expect(store.task(second)?.state).toBe('queued')
    store.close()
    rmSync(directory, { recursive: true })
  })
})
