/** The journal: its numbers, its tail, and what it is when the store cannot commit. */
import { describe, expect, test } from 'vitest'
import { World, said, upTo } from './delivery-world.ts'
import { memoryStore } from '../../src/store/memory.ts'

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

describe('the journal', () => {
  test('numbers events without a hole, over batches', () => {
    const world = new World()
    const draft = { task: 't', events: [said('t', 'a'), said('t', 'b')], by: 'c', causedBy: 'r' }
    expect(world.journal.stage(draft).map(({ seq }) => seq)).toEqual([1, 2])
    const [entry] = world.journal.stage({ task: 't', events: [said('t', 'c')] })
    expect(entry?.message).toMatchObject({ seq: 3, task: 't', at: 1 })
    expect(entry?.message).not.toHaveProperty('by')
    expect([world.journal.head, world.journal.firstAvailable]).toEqual([3, 1])
  })

  test('is as it was when the store cannot commit', () => {
    const store = memoryStore()
    const world = new World({}, store)
    const reader = world.reader()
    world.fill(3)
    world.flushAll()
    const commit = store.commit.bind(store)
    store.commit = () => {
      throw new Error('disk full')
    }
    for (let times = 0; times < 10; times++) expect(() => world.fill(1)).toThrow('disk full')
    const { bytes, head } = world.journal
    expect(() => world.append('t', said('t', 'x'.repeat(3_000)))).toThrow('disk full')
    expect([world.journal.bytes, world.journal.head]).toEqual([bytes, head])
    store.commit = commit
    world.fill(2)
    world.flushAll()
    expect(reader.heard()).toEqual(upTo(5))
  })

  test('goes on after the last event of its store, in a new epoch', () => {
    const store = memoryStore()
    store.commit({ events: [{ seq: 41, task: 't', name: 'n', frame: Buffer.from('') }] })
    const world = new World({}, store)
    expect([world.journal.head, world.journal.firstAvailable]).toEqual([41, 42])
    world.fill(1)
    expect([world.journal.head, world.journal.firstAvailable]).toEqual([42, 42])
    expect(world.journal.epoch).toBe(`${store.journalId}.1`)
  })

  test('keeps its tail within its bound and says what it can still give', () => {
    const world = new World()
    world.fill(200)
    const { journal } = world
    expect(journal.bytes).toBeLessThanOrEqual(world.bounds.tailBytesMax)
    const seen: number[] = []
    const through = journal.scan(journal.firstAvailable - 1, 1_000, ({ seq }) => seen.push(seq) > 0)
    expect(seen).toEqual(upTo(200, journal.firstAvailable))
    expect(through).toBe(200)
    expect(journal.bytesAfter(200)).toBe(0)
    expect(journal.bytesAfter(199)).toBeGreaterThan(0)
    expect(journal.bytesAfter(0)).toBeGreaterThan(journal.bytesAfter(journal.firstAvailable - 1))
  })

  test('is scanned so far as is asked, or until enough is taken', () => {
    const world = new World({ tailBytesMax: 1 << 20 })
    world.fill(20)
    const seen: number[] = []
    expect(world.journal.scan(3, 5, ({ seq }) => seen.push(seq) > 0)).toBe(8)
    expect(seen).toEqual([4, 5, 6, 7, 8])
    expect(world.journal.scan(3, 100, ({ seq }) => seq < 10)).toBe(9)
    expect(world.journal.scan(20, 100, () => true)).toBe(20)
  })
})
