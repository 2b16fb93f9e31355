/** What leaves in a turn, to whom and in how many writes; and the lag of who does not read. */
import { expect, test } from 'vitest'
import { subscriptionFilter } from '../../src/broker/subscriptions.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { ServerMessage } from '../../src/wire/envelope.ts'
import { World, said, upTo } from './delivery-world.ts'

test('what was appended in a turn leaves in one write at its end', () => {
  const world = new World({ slabBytes: 4_096 })
  const readers = upTo(3).map(() => world.reader())
  world.fill(5)
  expect(readers[0]?.writes).toBe(0)
  world.flush()
  for (const reader of readers) {
    expect(reader.writes).toBe(1)
    expect(reader.heard()).toEqual(upTo(5))
  }
  expect(world.isScheduled).toBe(false)
})

test('a frame larger than a slab and larger than a write is delivered whole', () => {
  const world = new World()
  const reader = world.reader()
  world.fill(1)
  world.fill(1, 't', 'x'.repeat(2_000))
  world.fill(1)
  world.flushAll()
  expect(reader.heard()).toEqual([1, 2, 3])
})

test('readers that are behind share a budget of writes a turn, and a live one does not wait for them', () => {
  const world = new World({ tailBytesMax: 1 << 20 })
  world.fill(100)
  const live = world.reader()
  const behind = upTo(6).map(() => world.reader({ after: 0 }))
  world.flush()
  const writes = (): number => behind.reduce((sum, reader) => sum + reader.writes, 0)
  for (let turn = 0; turn < 20; turn++) {
    const before = writes()
    world.fill(1)
    world.flush()
    expect(live.heard().at(-1)).toBe(world.journal.head)
    expect(writes() - before).toBeLessThanOrEqual(world.bounds.catchUpSlabsPerTurn)
    expect(writes()).toBeGreaterThan(before)
  }
  world.flushAll()
  for (const reader of behind) expect(reader.heard()).toEqual(upTo(world.journal.head))
})

// bound: catchUpSlabsPerTurn
test('as many as the budget catch up in a turn; one more waits for the next', () => {
  for (const [count, atOnce] of [
    [2, 2],
    [3, 2],
  ] as const) {
    const world = new World({ catchUpSlabsPerTurn: 2, tailBytesMax: 1 << 20 })
    world.fill(20)
    world.flushAll()
    const behind = upTo(count).map(() => world.reader({ after: 0 }))
    world.flush()
    expect(behind.filter((reader) => reader.writes === 1)).toHaveLength(atOnce)
  }
})

// bound: writeBytes
test('a write is filled up to its bound and not one byte past it, with answers and with events behind them', () => {
  const reply = (requestId: string): ServerMessage => ({
    type: 'Reply',
    origin: 'server',
    requestId,
    data: { ok: true, result: {} },
  })
  const answerBytes = canonicalCodec.encodeToClient(reply('1'))?.length ?? 0
  const measured = new World()
  measured.fill(1)
  const eventBytes = measured.journal.bytesAfter(0)
  for (const [writeBytes, firstWrite] of [
    [2 * answerBytes, ['Reply', 'Reply']],
    [2 * answerBytes - 1, ['Reply']],
    [2 * answerBytes + eventBytes, ['Reply', 'Reply', 'TaskEvent']],
    [2 * answerBytes + eventBytes - 1, ['Reply', 'Reply']],
  ] as const) {
    const world = new World({ writeBytes, slabBytes: 4_096 })
    const reader = world.reader()
    world.fill(1)
    for (const requestId of ['1', '2']) reader.answer(reply(requestId))
    world.flush()
    expect(reader.messages().map(({ type }) => type)).toEqual(firstWrite)
    world.flushAll()
    expect(reader.messages().map(({ type }) => type)).toEqual(['Reply', 'Reply', 'TaskEvent'])
  }
})

// bound: writeBytes
test('a reader of the journal gets events up to the bound of a write, and not one byte past it', () => {
  const measured = new World()
  measured.fill(1)
  const eventBytes = measured.journal.bytesAfter(0)
  for (const [writeBytes, events] of [
    [3 * eventBytes, 3],
    [3 * eventBytes - 1, 2],
  ] as const) {
    const world = new World({ writeBytes, tailBytesMax: 1 << 20, laneTailBytesMax: 0 })
    world.fill(9)
    world.flushAll()
    const reader = world.reader({ after: 0, filter: subscriptionFilter({ tasks: ['t'] }) })
    world.flush()
    expect(reader.heard()).toEqual(upTo(events))
    world.flushAll()
    expect(reader.heard()).toEqual(upTo(9))
  }
})

// bound: catchUpEventsLooked
test('of a filter that matches little as many events are looked at in a turn as may be, the next in another', () => {
  for (const [others, turns] of [
    [9, 2],
    [10, 3],
  ] as const) {
    const world = new World({ slabBytes: 65_536, tailBytesMax: 1 << 20, catchUpEventsLooked: 5 })
    world.fill(others, 't', 'x')
    world.append('rare', said('rare', 'x'))
    const reader = world.reader({ after: 0, filter: subscriptionFilter({ tasks: ['rare'] }) })
    let taken = 0
    for (; reader.heard().length === 0; taken++) world.flush()
    expect(taken).toBe(turns)
  }
})

test('a filter that matches little does not look through the whole journal in one turn', () => {
  const world = new World({ slabBytes: 65_536, tailBytesMax: 1 << 24 })
  world.fill(10_000, 't', 'x')
  world.append('rare', said('rare', 'x'))
  const reader = world.reader({ after: 0, filter: subscriptionFilter({ tasks: ['rare'] }) })
  expect(world.flushAll()).toBeGreaterThanOrEqual(3)
  expect(reader.heard()).toEqual([10_001])
})

test('a link that holds bytes is left alone until it drains, however much is appended', () => {
  const world = new World({ tailBytesMax: 1 << 20 })
  const reader = world.reader()
  reader.holding = true
  world.fill(1)
  world.flush()
  world.fill(50)
  world.flushAll()
  expect(reader.writes).toBe(1)
  reader.drain()
  world.flushAll()
  expect(reader.heard()).toEqual(upTo(51))
})

test('a slab that an ended link still holds is never written again', () => {
  const world = new World()
  const reader = world.reader()
  reader.holding = true
  world.fill(1)
  world.flush()
  expect(reader.isHeld).toBe(true)
  reader.close()
  world.fill(200)
  world.flushAll()
  reader.checkHeld()
})

test('answers leave before the events that wait, and a Gap before the events after it', () => {
  const world = new World()
  const reader = world.reader()
  world.fill(1)
  reader.answer({ type: 'Reply', origin: 'server', requestId: 'a', data: { ok: true, result: {} } })
  world.flushAll()
  expect(reader.messages().map(({ type }) => type)).toEqual(['Reply', 'TaskEvent'])
  expect(reader.writes).toBe(1)
  reader.holding = true
  world.fill(1)
  world.flush()
  world.fill(100)
  world.flushAll()
  reader.drain()
  world.flushAll()
  const { firstAvailable } = world.journal
  expect(reader.heard()).toEqual([1, 2, [3, firstAvailable], ...upTo(102, firstAvailable)])
})

test('a reader of another task is told of no gap when events that are not for it are gone', () => {
  const world = new World()
  const readers = [
    world.reader({ filter: subscriptionFilter({ tasks: ['mine'] }) }),
    world.reader({ filter: subscriptionFilter({ tasks: ['mine'] }), native: false }),
  ]
  for (let round = 1; round <= 5; round++) {
    world.append('mine', said('mine', 'x'))
    world.flushAll()
    world.fill(100, 'other')
    world.flushAll()
  }
  for (const reader of readers) {
    expect(reader.closed).toBe(false)
    expect(reader.heard()).toEqual([1, 102, 203, 304, 405])
  }
})

test('lag is told at the high watermark and at the low one, once each', () => {
  const world = new World({ tailBytesMax: 1 << 20 })
  const reader = world.reader()
  reader.holding = true
  for (let round = 0; round < 100; round++) {
    world.fill(1)
    world.flush()
  }
  expect(reader.lagEdges.map(({ congested }) => congested)).toEqual([true])
  reader.drain()
  world.flushAll()
  expect(reader.lagEdges.map(({ congested }) => congested)).toEqual([true, false])
  expect(world.delivery.lagBytes(reader.subscriber)).toBe(0)
})

// bound: lagHighBytes, lagLowBytes
test('a link is congested at the high watermark, and flows again at the low one, not a byte before either', () => {
  const measured = new World()
  measured.fill(1)
  const eventBytes = measured.journal.bytesAfter(0)
  for (const [lagHighBytes, rises] of [
    [3 * eventBytes, true],
    [3 * eventBytes + 1, false],
  ] as const) {
    const world = new World({ lagHighBytes, lagLowBytes: 0, slabBytes: 65_536, tailBytesMax: 1 << 20 })
    const reader = world.reader()
    reader.holding = true
    world.fill(1)
    world.flush()
    world.fill(3)
    world.flush()
    expect(world.delivery.lagBytes(reader.subscriber)).toBe(3 * eventBytes)
    expect(reader.lagEdges).toHaveLength(rises ? 1 : 0)
  }
  for (const [lagLowBytes, falls] of [
    [2 * eventBytes, true],
    [2 * eventBytes - 1, false],
  ] as const) {
    const changed = { lagHighBytes: 3 * eventBytes, slabBytes: 2 * eventBytes, tailBytesMax: 1 << 20 }
    const world = new World({ ...changed, lagLowBytes })
    const reader = world.reader()
    reader.holding = true
    world.fill(1)
    world.flush()
    // The rest of the first slab, the second and the third.
    world.fill(5)
    world.flush()
    for (let drains = 0; drains < 2; drains++) {
      reader.drain()
      reader.holding = true
      world.flush()
    }
    expect(world.delivery.lagBytes(reader.subscriber)).toBe(2 * eventBytes)
    expect(reader.lagEdges.map(({ congested }) => congested)).toEqual(falls ? [true, false] : [true])
  }
})

test('a reader whose lane was given up has no lag where it had read everything', () => {
  const world = new World({ laneTailBytesMax: 0 })
  const reader = world.reader({ native: false })
  for (let round = 0; round < 5; round++) {
    world.fill(1)
    world.flushAll()
    expect(world.delivery.lagBytes(reader.subscriber)).toBe(0)
  }
  expect(reader.heard()).toEqual(upTo(5))
})

test('a link that throws is told so and holds up nobody', () => {
  const world = new World()
  const [first, broken, last] = [world.reader(), world.reader(), world.reader()]
  broken.fault = new Error('this test throws')
  world.fill(2)
  world.flushAll()
  expect(broken.failures).toBe(1)
  for (const reader of [first, last]) expect(reader.heard()).toEqual([1, 2])
})
