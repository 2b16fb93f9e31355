/**
 * What happens at bounds of the daemon as a whole, and one past them; the others are tested beside their code. The
 * ledger at the top keeps true that each has such a test.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inspectorLimits } from '../src/inspector/limits.ts'
import { limits } from '../src/limits.ts'
import { rig } from './actors/rig.ts'
import { quiet, until } from './actors/turns.ts'
import { codeOnly } from './import-statements.ts'

const root = join(import.meta.dirname, '..')

/** Files of a folder by path, with their text. */
function filesOf(pattern: string): ReadonlyMap<string, string> {
  const files = globSync(pattern, { cwd: root }).map((file) => file.replaceAll('\\', '/'))
  return new Map(files.toSorted().map((file) => [file, readFileSync(join(root, file), 'utf8')]))
}

/**
 * The ledger of bounds stands where the tests are: above each test that shows what happens at a bound and one past it
 * is a line of this form, with the bound's name or several of them, so that a new bound changes no list here.
 */
const tag = /^ *\/\/ bound: (?<keys>\w+(?:, \w+)*)$/
const anyTag = /^\s*\/\/\s*bounds?\b/i
const beginOfTest = /^ *(?:test|it)(?:\.concurrent)?(?:\.(?:each|runIf|skipIf)\b|\()/

interface Tagged {
  readonly place: string
  readonly keys: readonly string[]
  /** What stands below it, other tags apart. */
  readonly below: string
}

function tagsOf(file: string, text: string): Tagged[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (!anyTag.test(line)) return []
    const keys = tag.exec(line)?.groups?.['keys']?.split(', ') ?? []
    const below = lines.slice(index + 1).find((one) => !anyTag.test(one)) ?? ''
    return [{ place: `${file}:${index + 1}`, keys, below }]
  })
}

describe('the ledger of bounds', () => {
  const keys: readonly string[] = [...Object.keys(limits), ...Object.keys(inspectorLimits)]
  // Of the quick project: what runs on every change.
  const tags = [...filesOf('test/**/*.test.ts')]
    .filter(([file]) => !/^test\/(?:soak|bench)\//.test(file))
    .flatMap(([file, text]) => tagsOf(file, text))
  const sources = [...filesOf('src/**/*.ts')].filter(
    ([file]) => !/^src\/(?:inspector\/)?limits(?:\/|\.ts$)/.test(file),
  )
  const code = sources.map(([, text]) => codeOnly(text)).join('\n')
  const kept = keys.filter((key) => new RegExp(`\\b${key}\\b`).test(code))

  test('names for every bound that code keeps a test of it at its value and one past it', () => {
    const tagged = new Set(tags.flatMap((one) => one.keys))
    const untested = kept.filter((key) => !tagged.has(key))
    expect(
      untested,
      'above a test of it at its value and one past it belongs the line // bound: <its key>',
    ).toEqual([])
  })

  test('names nothing but bounds, each right above a test', () => {
    const wrong = tags.filter((one) => one.keys.length === 0 || one.keys.some((key) => !keys.includes(key)))
    expect(wrong.map(({ place }) => place)).toEqual([])
    const astray = tags.filter(({ below }) => !beginOfTest.test(below))
    expect(astray.map(({ place }) => place)).toEqual([])
  })

  test('every area is a part of the whole, and no bound stands in two of them', async () => {
    const files = [...filesOf('src/limits/*.ts').keys(), 'src/inspector/limits.ts']
    const areas = files.filter((file) => file !== 'src/limits/units.ts')
    const modules = await Promise.all(areas.map((file): Promise<object> => import(join(root, file))))
    const standing = modules.flatMap((one) => Object.values(one).flatMap((area) => Object.keys(Object(area))))
    expect(standing.toSorted()).toEqual(keys.toSorted())
    expect(new Set(standing).size).toBe(standing.length)
  })

  test('every bound is kept by some code, but for those of parts to come', () => {
    expect(keys.filter((key) => !kept.includes(key))).toEqual([])
  })
})

test('the bounds fit each other', () => {
  expect(limits.lagLowBytes).toBeLessThan(limits.lagHighBytes)
  expect(limits.paceLowBytes).toBeLessThan(limits.paceHighBytes)
  expect(limits.laneTailBytesMax).toBeLessThan(limits.tailBytesMax)
  expect(limits.slabBytes).toBeLessThanOrEqual(limits.laneTailBytesMax)
  expect(limits.writeBytes).toBe(limits.slabBytes)
  expect(limits.frameInBytesMax).toBeLessThan(limits.frameFromServerBytesMax)
  expect(limits.frameInBytesMax).toBeLessThan(limits.unfinishedBytesMax)
  expect(limits.turnAppendBytesMax).toBeLessThan(limits.tailBytesMax)
})

describe('tasks that run at once', () => {
  // bound: tasksLiveMax
  test('are as many as may; one past that is queue_full, until one has ended', async () => {
    const { runner, connect } = rig({ limits: { tasksLiveMax: 2, queuedTasksMax: 0 } })
    const client = await connect()
    const first = await client.start()
    await client.start()
    expect(await client.refusal({ commandName: 'StartNewTask', data: {} })).toBe('queue_full')
    expect(runner.runs).toHaveLength(2)
    runner.runs[0]?.started()
    runner.runs[0]?.ends()
    await client.hears('taskIdle', first)
    await client.start()
    expect(await client.refusal({ commandName: 'ResumeTask', data: first })).toBe('queue_full')
  })

  test('a legacy client is told so by the order of a task that could not start, it alone, without seq', async () => {
    const { connect, journal } = rig({ limits: { tasksLiveMax: 0, queuedTasksMax: 0 } })
    const [client, other] = [await connect(), await connect()]
    client.send({ commandName: 'StartNewTask', data: { text: 'one too many' } })
    await client.hears('taskAborted')
    await quiet()
    expect(client.told()).toEqual(['taskCreated', 'taskFocused', 'say:text', 'say:error', 'taskAborted'])
    expect(client.events().some((event) => 'seq' in event)).toBe(false)
    expect([other.events(), journal.head]).toEqual([[], 0])
  })

  test('one that is refused by its runner takes no slot', async () => {
    const { runner, connect, tasks } = rig({ limits: { tasksLiveMax: 1 } })
    const client = await connect()
    runner.refuses('no')
    for (let times = 0; times < 5; times++) await client.start()
    expect(tasks.liveCount).toBe(0)
  })
})

// bound: connectionsMax
test('connections are as many as may; one past that is closed before its Ack', async () => {
  const { connect, connections, log } = rig({ limits: { connectionsMax: 2 } })
  const [first] = [await connect(), await connect()]
  const third = await connect()
  expect([third.closed, third.messages, connections.count]).toEqual([true, [], 2])
  expect(log.some(({ msg }) => msg === 'connection refused')).toBe(true)
  first.link.destroy()
  await until(() => connections.count === 1)
  expect((await connect()).closed).toBe(false)
})

describe('different subscriptions', () => {
  const subscribe = (name: string) => ({ commandName: 'Subscribe' as const, data: { events: [name] } })

  // bound: lanesMax
  test('are as many as may; one past that is limit_exceeded and the earlier one stays', async () => {
    const { runner, connect, lanes } = rig({ limits: { lanesMax: 3 } })
    const [first, second, third] = [await connect(), await connect(), await connect()]
    await first.ask(subscribe('taskCreated'))
    await second.ask(subscribe('taskStarted'))
    expect(lanes.count).toBe(3)
    expect(await second.refusal(subscribe('taskAborted'))).toBe('limit_exceeded')
    await third.ask(subscribe('taskCreated'))
    await third.start()
    runner.last.started()
    await second.hears('taskStarted')
    expect(second.told()).toEqual(['taskStarted'])
    await second.ask(subscribe('taskAborted'))
  })

  test('a Hello past them is refused and can be said again', async () => {
    const { connect } = rig({ limits: { lanesMax: 2 } })
    const [first, second, third] = [await connect(), await connect(), await connect()]
    await second.ask(subscribe('taskCreated'))
    expect(await third.hello()).toMatchObject({ ok: false, error: { code: 'limit_exceeded' } })
    second.link.destroy()
    await quiet()
    third.forget()
    await third.greet()
    expect(first.closed).toBe(false)
  })

  test('a client that could be told nothing at all is closed', async () => {
    const { connect, connections } = rig({ limits: { lanesMax: 1 }, listeners: [{ scope: 'own' }] })
    const [first, second] = [await connect(), await connect()]
    await until(() => second.closed)
    expect([first.closed, connections.count]).toEqual([false, 1])
  })
})

describe('one Subscribe', () => {
  const named = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)

  // bound: subscribeTasksMax, subscribeGlobsMax, globCharsMax
  test('takes as many tasks and names as it may, and none more', async () => {
    const { connect } = rig()
    const client = await connect()
    const { subscribeTasksMax, subscribeGlobsMax, globCharsMax } = limits
    for (const data of [
      { tasks: named(subscribeTasksMax) },
      { events: named(subscribeGlobsMax) },
      { events: ['x'.repeat(globCharsMax)] },
    ])
      await client.ask({ commandName: 'Subscribe', data })
    for (const data of [
      { tasks: named(subscribeTasksMax + 1) },
      { events: named(subscribeGlobsMax + 1) },
      { events: ['x'.repeat(globCharsMax + 1)] },
    ])
      expect(await client.refusal({ commandName: 'Subscribe', data })).toBe('invalid_command')
  })
})

// bound: requestIdCharsMax
test('a requestId is at most so long', async () => {
  const { connect, log } = rig()
  const client = await connect()
  const status = { commandName: 'GetStatus' as const }
  expect((await client.request(status, 'x'.repeat(limits.requestIdCharsMax))).ok).toBe(true)
  client.send({ ...status, requestId: 'x'.repeat(limits.requestIdCharsMax + 1) })
  await until(() => log.some(({ code }) => code === 'invalid_frame'))
  expect(client.messages.filter(({ type }) => type === 'Reply')).toHaveLength(1)
})

// bound: repliesKeptPerSession
test('answers that are repeated are the last so many of a session', async () => {
  const { connect, runner } = rig({ limits: { repliesKeptPerSession: 2 } })
  const client = await connect()
  const start = { commandName: 'StartNewTask' as const, data: {} }
  for (const id of ['a', 'b']) await client.request(start, id)
  await client.request(start, 'a')
  await quiet()
  expect(runner.runs).toHaveLength(2)
  await client.request(start, 'c')
  client.forget()
  await client.request(start, 'a')
  expect(runner.runs).toHaveLength(4)
})

// bound: listedTextCharsMax
test("a task's text is listed to its bound, and journaled whole", async () => {
  const { connect } = rig()
  const client = await connect()
  const whole = await client.start('y'.repeat(limits.listedTextCharsMax))
  const listed = await client.ask<{ text: string }>({ commandName: 'GetTask', data: whole })
  expect(listed.text).toBe('y'.repeat(limits.listedTextCharsMax))
  const id = await client.start('x'.repeat(limits.listedTextCharsMax + 1))
  const task = await client.ask<{ text: string }>({ commandName: 'GetTask', data: id })
  expect(task.text).toBe('x'.repeat(limits.listedTextCharsMax))
  await client.hears('say:text', id)
  expect(JSON.stringify(client.events())).toContain('x'.repeat(limits.listedTextCharsMax + 1))
})

test('the journal keeps no more than its tail, also beside very many lanes', async () => {
  const { runner, connect, journal } = rig({
    limits: { slabBytes: 1_024, tailBytesMax: 16 * 1_024, laneTailBytesMax: 4 * 1_024 },
  })
  const clients = await Promise.all(Array.from({ length: 40 }, () => connect()))
  for (const [index, client] of clients.entries())
    await client.ask({ commandName: 'Subscribe', data: { events: ['message', `n${index}`] } })
  const [first] = clients
  await first?.start()
  runner.last.started()
  for (let line = 0; line < 200; line++) {
    runner.last.says('x'.repeat(100))
    await quiet(2)
    expect(journal.bytes).toBeLessThanOrEqual(16 * 1_024)
  }
  // Its lanes may not take what is the journal's.
  expect(journal.bytes).toBeGreaterThanOrEqual(11 * 1_024)
  await until(
    () => clients.every((client) => client.events().at(-1)?.seq === journal.head),
    'all to catch up',
  )
  for (const client of clients) expect(client.events()).toHaveLength(201)
})
