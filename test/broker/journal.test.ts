import { expect, test } from 'vitest'
import { World } from './delivery-world.ts'

// bound: tailBytesMax
test('the tail may take as many bytes as its bound; past it the oldest slab goes', () => {
  const { slabBytes } = new World().bounds
  for (const [tailBytesMax, firstAvailable, slabs] of [
    [3 * slabBytes, 1, 3],
    [3 * slabBytes - 1, 2, 2],
  ] as const) {
    // An event a slab.
    const world = new World({ tailBytesMax })
    world.fill(3)
    world.flushAll()
    const { journal } = world
    expect([journal.firstAvailable, journal.bytes]).toEqual([firstAvailable, slabs * slabBytes])
  }
})

test('what lanes hold counts too, and the last slab stays however much that is', () => {
  const { slabBytes } = new World().bounds
  const { journal, fill } = filled(3 * slabBytes)
  journal.trim(slabBytes - 1)
  expect(journal.bytes).toBe(2 * slabBytes)
  journal.trim(slabBytes)
  expect(journal.bytes).toBe(2 * slabBytes)
  journal.trim(slabBytes + 1)
  expect(journal.bytes).toBe(slabBytes)
  journal.trim(1 << 30)
  expect([journal.bytes, journal.firstAvailable]).toEqual([slabBytes, 3])
  fill(1)
  expect(journal.head).toBe(4)
})

/** A journal of three slabs, an event in each. */
function filled(tailBytesMax: number) {
  const world = new World({ tailBytesMax })
  world.fill(3)
  world.flushAll()
  return { journal: world.journal, fill: (count: number) => world.fill(count) }
}
