/** Lanes: who shares them, what they hold, and when they are given up. */
import { describe, expect, test } from 'vitest'
import { subscriptionFilter } from '../../src/broker/subscriptions.ts'
import { World, said, upTo } from './delivery-world.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { Codec } from '../../src/wire/codec.ts'

/** Lanes whose readers hold: each of `names` a slab of its own with an event in it. */
function held(laneTailBytesMax: number, names: readonly string[]) {
  const world = new World({ laneTailBytesMax, tailBytesMax: 1 << 20 })
  const readers = names.map((name) => world.reader({ filter: subscriptionFilter({ tasks: [name] }) }))
  for (const name of names) world.fill(1, name)
  return { world, chains: readers.map(({ subscriber }) => subscriber.lane?.chain) }
}

// bound: laneTailBytesMax
test('lanes may hold their part of the tail; past it one that was not just written to is given up', () => {
  const { slabBytes } = new World().bounds
  expect(held(2 * slabBytes, ['a', 'b']).chains.map((chain) => chain?.span)).toEqual([slabsOf(1), slabsOf(1)])
  const { chains, world } = held(2 * slabBytes - 1, ['a', 'b'])
  expect(chains.map((chain) => chain?.span)).toEqual([0, slabsOf(1)])
  world.flushAll()
  for (const reader of world.readers) expect(reader.heard()).toHaveLength(1)
})

// bound: laneTailBytesMax
test('a lane of several slabs loses its oldest one first, and only past the bound', () => {
  const { slabBytes } = new World().bounds
  for (const [laneTailBytesMax, slabs] of [
    [3 * slabBytes, 3],
    [3 * slabBytes - 1, 2],
  ] as const) {
    const world = new World({ laneTailBytesMax, tailBytesMax: 1 << 20 })
    const reader = world.reader({ filter: subscriptionFilter({ tasks: ['a'] }) })
    world.fill(3, 'a')
    expect(reader.subscriber.lane?.chain.span).toBe(slabsOf(slabs))
    world.flushAll()
    expect(reader.heard()).toEqual([1, 2, 3])
  }
})

/** Bytes of the events of so many slabs, one in each. */
function slabsOf(count: number): number {
  const measured = new World()
  measured.fill(1, 'a')
  return count * measured.journal.bytesAfter(0)
}

describe('lanes', () => {
  test('are shared by equal filters in one dialect, and gone with their last reader', () => {
    const world = new World()
    const filter = subscriptionFilter({ tasks: ['a'] })
    const readers = [
      world.reader({ filter }),
      world.reader({ filter: subscriptionFilter({ tasks: ['a'] }) }),
      world.reader({ filter, native: false }),
    ]
    expect(world.lanes.count).toBe(2)
    for (const reader of readers) reader.close()
    expect(world.lanes.count).toBe(0)
  })

  test('give a legacy reader nothing that only native ones understand, also from the journal', () => {
    const world = new World()
    world.append('t', { eventName: 'taskExited', payload: ['t', {}] }, said('t', 'x'))
    const readers = [world.reader({ native: false, after: 0 }), world.reader({ native: true, after: 0 })]
    world.append('t', { eventName: 'taskExited', payload: ['t', {}] }, said('t', 'x'))
    world.flushAll()
    expect(readers.map((reader) => reader.heard())).toEqual([
      [2, 4],
      [1, 2, 3, 4],
    ])
  })

  test('encode an event once for each codec, however many want it', () => {
    let encoded = 0
    const codec: Codec = {
      ...canonicalCodec,
      name: 'counted',
      encodeToClient: (message) => {
        encoded++
        return canonicalCodec.encodeToClient(message)
      },
    }
    const world = new World({ laneTailBytesMax: 1 << 20 })
    for (const tasks of [['a'], ['a', 'b'], ['a', 'c']])
      for (const native of [true, false])
        world.reader({ codec, native, filter: subscriptionFilter({ tasks }) })
    world.append('a', said('a', 'x'))
    world.flushAll()
    expect(encoded).toBe(1)
    for (const reader of world.readers) expect(reader.heard()).toEqual([1])
  })

  // bound: lanesMax
  test('at their bound none is opened, but those there are may be entered', () => {
    const world = new World({ lanesMax: 2 })
    const dialect = { codec: canonicalCodec, native: true }
    world.reader({ filter: subscriptionFilter({ tasks: ['a'] }) })
    world.reader({ filter: subscriptionFilter({ tasks: ['b'] }) })
    expect(world.lanes.open(dialect, subscriptionFilter({ tasks: ['c'] }))).toBeUndefined()
    expect(world.lanes.open(dialect, subscriptionFilter({ tasks: ['a'] }))).toBeDefined()
  })

  test('that hold more than their part of the tail lose their oldest, and their readers nothing', () => {
    const world = new World({ tailBytesMax: 1 << 20 })
    const stuck = upTo(4).map((n) =>
      world.reader({ filter: subscriptionFilter({ tasks: ['t', String(n)] }) }),
    )
    for (const reader of stuck) reader.holding = true
    world.fill(100)
    world.flushAll()
    for (const reader of stuck) reader.drain()
    world.flushAll()
    for (const reader of stuck) expect(reader.heard()).toEqual(upTo(100))
  })
})
