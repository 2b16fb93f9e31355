import { expect, test } from 'vitest'
import { subscriptionFilter } from '../../src/broker/subscriptions.ts'
import { World } from './delivery-world.ts'

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
