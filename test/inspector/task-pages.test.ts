import { describe, expect, test } from 'vitest'
import type { EventQuery, EventRow } from '../../src/inspector/sight.ts'
import { inspectorLimits } from '../../src/inspector/limits.ts'
import { countPages } from '../../src/inspector/task-pages.ts'

/** A journal in which every third event is the task's. */
const sightOf = (count: number) => ({
  events: ({ after, countMax }: EventQuery): EventRow[] =>
    Array.from({ length: count }, (_, index) => (index + 1) * 3)
      .filter((seq) => seq > after)
      .slice(0, countMax)
      .map((seq) => ({ seq, task: 't', name: 'message', at: 0, frame: '' })),
})
const from = { through: 0, count: 0 }
const { eventsOfPage, eventsCountedAtOnce } = inspectorLimits

describe('pages of a timeline', () => {
  // bound: eventsOfPage
  test('begin after every so many events, and are counted on from where the last counting ended', () => {
    const first = countPages(sightOf(eventsOfPage + 1), 't', from, inspectorLimits)
    expect(first).toEqual({
      starts: [0, eventsOfPage * 3],
      count: eventsOfPage + 1,
      through: (eventsOfPage + 1) * 3,
      more: false,
    })
    expect(countPages(sightOf(eventsOfPage * 2), 't', first, inspectorLimits)).toMatchObject({
      starts: [],
      count: eventsOfPage * 2,
    })
    expect(countPages(sightOf(eventsOfPage * 2 + 1), 't', first, inspectorLimits).starts).toEqual([
      eventsOfPage * 2 * 3,
    ])
  })

  test('a task without events has none', () => {
    expect(countPages(sightOf(0), 't', from, inspectorLimits)).toEqual({
      starts: [],
      count: 0,
      through: 0,
      more: false,
    })
  })

  // bound: eventsCountedAtOnce
  test('are all counted in one answer below its bound; at it there may be more', () => {
    const counted = [eventsCountedAtOnce - 1, eventsCountedAtOnce, eventsCountedAtOnce + 1].map((count) => {
      const first = countPages(sightOf(count), 't', from, inspectorLimits)
      return [first.count, first.more]
    })
    expect(counted).toEqual([
      [eventsCountedAtOnce - 1, false],
      [eventsCountedAtOnce, true],
      [eventsCountedAtOnce, true],
    ])
  })

  test('of a very long one so many are counted at once, and that there is more is said', () => {
    let known = { ...countPages(sightOf(12_001), 't', from, inspectorLimits) }
    const starts = [...known.starts]
    expect(known.more).toBe(true)
    while (known.more) {
      known = countPages(sightOf(12_001), 't', known, inspectorLimits)
      starts.push(...known.starts)
    }
    expect([known.count, starts.length]).toEqual([12_001, 25])
  })
})
