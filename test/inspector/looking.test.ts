/** What the page's part of the daemon does while somebody looks: how often, for how long, and how much of it. */
import { createActor } from 'xstate'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { connectionMachine } from '../../machines/connection.ts'
import { ActorWatch } from '../../src/inspector/actor-watch.ts'
import { answerApi } from '../../src/inspector/api.ts'
import { Inspector } from '../../src/inspector/inspector.ts'
import { inspectorLimits } from '../../src/inspector/limits.ts'
import type { InspectorLimits } from '../../src/inspector/limits.ts'
import type { EventQuery, Sight } from '../../src/inspector/sight.ts'
import { Tally } from '../../src/inspector/tally.ts'

const clock = { setTimeout: () => 0, clearTimeout: () => undefined }
const opened: Disposable[] = []

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})

afterEach(() => {
  for (const one of opened.splice(0)) one[Symbol.dispose]()
  vi.useRealTimers()
})

/** A daemon of connections alone, whose journal's head is what the test says. */
function looking(limits: Partial<InspectorLimits> = {}) {
  const journal = { head: 0 }
  const heads = vi.fn<() => number>(() => journal.head)
  const events = vi.fn<(query: EventQuery) => []>(() => [])
  const [tally, machine] = [new Tally(), connectionMachine.provide({})]
  tally.count(machine)
  const identity = { version: '1', pid: 1, epoch: 'e.1', startedAt: 0 }
  const sight = { identity, tally, now: () => 1, head: heads, meters: () => ({ head: 0 }), events }
  const inspector = new Inspector({
    sight: sight as unknown as Sight,
    limits: { ...inspectorLimits, ...limits },
    failed: (error) => {
      throw error
    },
    noted: () => undefined,
    assets: new Map(),
  })
  opened.push(inspector)
  const connect = (id: string) => {
    const input = { id, ackTimeoutMs: 1, drainTimeoutMs: 1 }
    const actor = createActor(machine, { clock, input }).start()
    actor.send({ type: 'admission.granted' })
    actor.send({ type: 'ack.flushed' })
    return actor
  }
  return { inspector, tally, journal, heads, events, connect }
}

describe('while somebody looks', () => {
  // bound: batchMs
  test('a batch comes when its time has passed, not before', async () => {
    const { inspector, heads } = looking({ batchMs: 120 })
    await inspector.open({ control: false })
    const before = heads.mock.calls.length
    vi.advanceTimersByTime(119)
    expect(heads).toHaveBeenCalledTimes(before)
    vi.advanceTimersByTime(1)
    expect(heads).toHaveBeenCalledTimes(before + 1)
  })

  // bound: lookingEndsMs
  test('and for a while after, it is recorded what happens', async () => {
    const { inspector } = looking({ lookingEndsMs: 60_000 })
    await inspector.open({ control: false })
    vi.advanceTimersByTime(59_999)
    expect(inspector.isLooking).toBe(true)
    vi.advanceTimersByTime(1)
    expect(inspector.isLooking).toBe(false)
  })

  // bound: eventsPerBatchMax
  test('a batch takes up as many events as it may, of more the newest', async () => {
    const { inspector, journal, events } = looking({ batchMs: 10, eventsPerBatchMax: 60 })
    await inspector.open({ control: false })
    for (const more of [60, 61]) {
      journal.head += more
      vi.advanceTimersByTime(10)
    }
    expect(events.mock.calls.map(([{ after }]) => after)).toEqual([0, 61])
  })
})

describe('what was said', () => {
  const saying = { by: 'client', to: 'connection', link: 'c', task: '', name: 'n' } as const
  const framesOf = (inspector: Inspector): string[] =>
    inspector.ring.since(0).map((one) => (one.kind === 'said' ? one.frame : ''))

  // bound: framesPerBatchMax
  test('has its frame as often as may be in a batch, and once more without', () => {
    const { inspector } = looking({ framesPerBatchMax: 2 })
    for (const message of [1, 2, 3]) inspector.said({ ...saying, message })
    expect(framesOf(inspector)).toEqual(['1', '2', '"too many at once: not kept"'])
  })

  // bound: frameCharsMax
  test('is shown up to its bound, and cut one character past it', () => {
    const { inspector } = looking({ frameCharsMax: 10 })
    for (const chars of [8, 9]) inspector.said({ ...saying, message: 'x'.repeat(chars) })
    expect(framesOf(inspector)).toEqual([`"${'x'.repeat(8)}"`, `"${'x'.repeat(9)}…`])
  })
})

// bound: payloadsMax
test('of what an actor got while it was looked at the last ones are kept', () => {
  const { tally, connect } = looking()
  const actor = connect('a')
  const machine = tally.machines[0]
  if (machine === undefined) throw new Error('no machine')
  using watch = new ActorWatch(machine, 'a', { frameCharsMax: 1_000, payloadsMax: 2 }, () => 1)
  const got = (): string[] => watch.news()?.payloads.map(({ event }) => event) ?? []
  actor.send({ type: 'lag.rose' })
  actor.send({ type: 'lag.fell' })
  expect(got()).toEqual(['lag.rose', 'lag.fell'])
  actor.send({ type: 'lag.rose' })
  expect(got()).toEqual(['lag.fell', 'lag.rose'])
})

// bound: actorsListedMax
test('of a machine’s actors as many are listed as may be, the newest first', async () => {
  const { inspector, connect } = looking({ actorsListedMax: 2 })
  const query = new URLSearchParams({ machine: 'callboard/connection' })
  const listed = async (): Promise<unknown> =>
    await answerApi(inspector, {
      path: '/api/actors',
      query,
      right: 'view',
      lastEventId: undefined,
      body: undefined,
    })
  const state = 'connection.ready.flowing'
  for (const id of ['a', 'b']) connect(id)
  expect(await listed()).toMatchObject({ json: { actors: [{ id: 'b' }, { id: 'a' }] } })
  connect('c')
  expect(await listed()).toEqual({
    status: 200,
    json: {
      actors: [
        { id: 'c', state },
        { id: 'b', state },
      ],
    },
  })
})
