/** Sessions and answers over a restart of the daemon, and what cannot be given to who comes back. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { HelloResult } from '../../src/wire/envelope.ts'
import { keptRestarts } from './restart.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

const restarts = keptRestarts()

afterEach(() => void vi.useRealTimers())

const resumeOf = ({ sessionId, epoch }: HelloResult, after: number) => ({
  resume: { sessionId, epoch, after },
})
const start = { commandName: 'StartNewTask' as const, data: { text: 'x' } }

describe('after a restart', () => {
  test('a session goes on with its subscription, its current task and what it missed', async () => {
    const home = restarts()
    const before = await home.start()
    const client = await before.connect()
    const hello = await client.greet()
    await client.ask({ commandName: 'Subscribe', data: { events: ['task*'] } })
    const id = await client.start()
    before.runner.last.started()
    await client.hears('taskStarted', id)
    const seen = client.events().at(-1)?.seq ?? 0
    const after = await home.start()
    const again = await after.connect()
    const resumed = await again.greet(resumeOf(hello, seen))
    expect(resumed).toMatchObject({ sessionId: hello.sessionId, resumed: true })
    expect(resumed.gap).toBeUndefined()
    expect(resumed.epoch).not.toBe(hello.epoch)
    await again.hears('taskResumable', id)
    expect(again.told()).toEqual(['taskAborted', 'taskResumable'])
    await again.ask({ commandName: 'CloseTask' })
    expect(await again.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: 'closed' })
  })

  test('a session that had unsubscribed hears nothing, and one of scope=own has its own tasks', async () => {
    const home = restarts({ listeners: [{ scope: 'own' }] })
    const before = await home.start()
    const client = await before.connect()
    const hello = await client.greet()
    const id = await client.start()
    await client.ask({ commandName: 'Unsubscribe' })
    const after = await home.start()
    const [again, stranger] = [await after.connect(), await after.connect()]
    await again.greet(resumeOf(hello, 0))
    await quiet()
    expect(again.events()).toEqual([])
    expect(await again.ask({ commandName: 'GetTask', data: id })).toMatchObject({ id })
    expect(await stranger.refusal({ commandName: 'GetTask', data: id })).toBe('unknown_task')
    await again.ask({ commandName: 'Subscribe', data: { after: 0 } })
    await again.hears('taskResumable', id)
  })

  test('a request sent again under its id gets its answer and is not done again', async () => {
    const home = restarts()
    const before = await home.start()
    const client = await before.connect()
    const hello = await client.greet()
    const first = await client.request(start, 'one')
    const after = await home.start()
    const again = await after.connect()
    await again.greet(resumeOf(hello, 0))
    expect(await again.request(start, 'one')).toEqual(first)
    again.forget()
    expect(await again.request({ ...start, data: { text: 'y' } }, 'one')).toMatchObject({
      ok: false,
      error: { code: 'request_conflict' },
    })
    again.forget()
    expect(await again.refusal({ commandName: 'GetStatus' })).toBeUndefined()
    expect(after.runner.runs).toEqual([])
  })

  // bound: answersKeptMs
  test('an answer is given again as long as answers are kept, and not one millisecond longer', async () => {
    const home = restarts({ limits: { answersKeptMs: 1_000 } })
    const before = await home.start()
    vi.useFakeTimers({ toFake: ['Date'] })
    const client = await before.connect()
    const hello = await client.greet()
    const first = await client.request(start, 'one')
    vi.setSystemTime(Date.now() + 1_000)
    const after = await home.start()
    const again = await after.connect()
    await again.greet(resumeOf(hello, 0))
    expect(await again.request(start, 'one')).toEqual(first)
    vi.setSystemTime(Date.now() + 1)
    const third = await home.start()
    const later = await third.connect()
    await later.greet(resumeOf(hello, 0))
    expect(await later.request(start, 'one')).not.toEqual(first)
  })

  test('an answer that no longer fits into memory is found in the store', async () => {
    const home = restarts({ limits: { repliesKeptPerSession: 1 } })
    const place = await home.start()
    const client = await place.connect()
    await client.greet()
    const first = await client.request(start, 'one')
    await client.request(start, 'two')
    client.forget()
    expect(await client.request(start, 'one')).toEqual(first)
    expect(place.runner.runs).toHaveLength(2)
  })

  test('nobody takes up a session by another listener, nor one that was not waited for long enough', async () => {
    const home = restarts({ listeners: [{}, {}], limits: { sessionGraceMs: 1_000 } })
    const client = await (await home.start()).connect()
    const hello = await client.greet()
    const after = await home.start()
    const other = await after.connect(1)
    expect((await other.greet(resumeOf(hello, 0))).resumed).toBeUndefined()
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + 2_000)
    const late = await after.connect(0)
    expect((await late.greet(resumeOf(hello, 0))).resumed).toBeUndefined()
    await late.start()
    expect(after.store.sessions().map(({ id }) => id)).not.toContain(hello.sessionId)
  })
})

describe('who comes back', () => {
  test('twice at once has the session on the later link; the earlier one is closed', async () => {
    const home = restarts()
    const hello = await (await (await home.start()).connect()).greet()
    const after = await home.start()
    const [one, two] = [await after.connect(), await after.connect()]
    const [first, second] = await Promise.all([
      one.hello(resumeOf(hello, 0)).catch(() => undefined),
      two.hello(resumeOf(hello, 0)),
    ])
    expect(second).toMatchObject({ ok: true, result: { sessionId: hello.sessionId, resumed: true } })
    await until(() => one.closed)
    expect([first?.ok ?? true, two.closed]).toEqual([true, false])
    await two.start()
    await two.hears('taskCreated')
  })

  test('from another journal is told so, and hears what comes from now on', async () => {
    const hello = await (await (await restarts().start()).connect()).greet()
    const other = await restarts().start()
    const client = await other.connect()
    await client.start()
    const again = await other.connect()
    const resumed = await again.greet(resumeOf(hello, 1))
    expect(resumed).toMatchObject({ gap: { from: 2, firstAvailable: 1, reason: 'other_journal' } })
    expect(resumed.resumed).toBeUndefined()
    await client.start()
    await again.hears('taskCreated')
    expect(again.events()[0]?.seq).toBe(4)
  })

  test.each([
    ['a sequence that its start never gave', 0, 4],
    ['a start that there never was', 7, 1],
    ['an epoch that is none', Number.NaN, 1],
  ])('with %s is told that it is beyond, and hears what comes from now on', async (_, later, after) => {
    const home = restarts()
    const before = await home.start()
    const client = await before.connect()
    const hello = await client.greet()
    await client.start()
    const next = await home.start()
    const again = await next.connect()
    const [journal, number] = hello.epoch.split('.')
    const epoch = `${journal}.${Number.isNaN(later) ? 'x' : Number(number) + later}`
    // The interruption made it longer than what the first start gave.
    expect(next.journal.head).toBeGreaterThan(4)
    const resumed = await again.greet({ resume: { sessionId: hello.sessionId, epoch, after } })
    expect(resumed).toMatchObject({ resumed: true, gap: { from: after + 1, reason: 'beyond' } })
    await quiet()
    expect(again.events()).toEqual([])
  })

  test('below retention is told from where on there is something', async () => {
    const { connect, journal } = rig({ limits: { slabBytes: 2_000, tailBytesMax: 6_000 } })
    const client = await connect()
    const hello = await client.greet()
    for (let times = 0; times < 40; times++) await client.start('x'.repeat(200))
    expect(journal.firstAvailable).toBeGreaterThan(2)
    client.link.destroy()
    const again = await connect()
    const { firstAvailable } = journal
    expect(await again.greet(resumeOf(hello, 0))).toMatchObject({
      resumed: true,
      gap: { from: 1, firstAvailable, reason: 'retention' },
    })
    await until(() => again.events().at(-1)?.seq === journal.head)
    // Who comes and goes is told between them, and has no sequence.
    expect(again.events().find((event) => event.seq !== undefined)?.seq).toBe(firstAvailable)
  })
})
