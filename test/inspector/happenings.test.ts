import { describe, expect, test } from 'vitest'
import { Ring } from '../../src/inspector/happenings.ts'

const move = (event: string) =>
  ({ kind: 'move', at: 1, machine: 'm', actor: 'a', event, from: 'x', to: 'y', edge: 0 }) as const
const events = (ring: Ring, after = 0) =>
  ring.since(after).map((one) => [one.n, one.kind === 'move' ? one.event : one.name])

describe('the ring of what happened', () => {
  // bound: ringMax
  test('keeps as many as it may, and forgets the oldest at one more', () => {
    const ring = new Ring(3)
    for (const event of ['a', 'b', 'c']) ring.add(move(event))
    expect([ring.first, ring.last]).toEqual([1, 3])
    ring.add(move('d'))
    expect(events(ring)).toEqual([
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ])
    expect(events(ring, 3)).toEqual([[4, 'd']])
  })

  test('a number taken before keeps its place before what it led to', () => {
    const ring = new Ring(10)
    const outer = ring.reserve()
    ring.add(move('inner'))
    expect(events(ring)).toEqual([[2, 'inner']])
    ring.fill(outer, move('outer'))
    expect(events(ring)).toEqual([
      [1, 'outer'],
      [2, 'inner'],
    ])
  })

  test('what is over when the ring has gone around is left out', () => {
    const ring = new Ring(2)
    const outer = ring.reserve()
    for (const event of ['a', 'b', 'c']) ring.add(move(event))
    ring.fill(outer, move('late'))
    expect(events(ring)).toEqual([
      [3, 'b'],
      [4, 'c'],
    ])
  })

  test('gives a bounded number, and nothing after it was cleared', () => {
    const ring = new Ring(10)
    for (const event of ['a', 'b', 'c']) ring.add(move(event))
    expect(ring.since(0, 2)).toHaveLength(2)
    ring.clear()
    expect(events(ring)).toEqual([])
    ring.add(move('d'))
    expect(events(ring)).toEqual([[4, 'd']])
  })
})
