import { describe, expect, test } from 'vitest'
import type { EventQuery, EventRow } from '../../src/inspector/sight.ts'
import { countPages, eventsOfPage } from '../../src/inspector/task-pages.ts'

/** A journal in which every third event is the task's. */
const sightOf = (count: number) => ({
  events: ({ after, countMax }: EventQuery): EventRow[] =>
    Array.from({ length: count }, (_, index) => (index + 1) * 3)
      .filter((seq) => seq > after)
      .slice(0, countMax)
      .map((seq) => ({ seq, task: 't', name: 'message', at: 0, frame: '' })),
})
const from = { through: 0, count: 0 }

describe('pages of a timeline', () => {
  test('begin after every so many events, and are counted on from where the last counting ended', () => {
    const first = countPages(sightOf(eventsOfPage + 1), 't', from)
    expect(first).toEqual({
      starts: [0, eventsOfPage * 3],
      count: eventsOfPage + 1,
      through: (eventsOfPage + 1) * 3,
      more: false,
    })
    expect(countPages(sightOf(eventsOfPage * 2), 't', first)).toMatchObject({
      starts: [],
      count: eventsOfPage * 2,
    })
    expect(countPages(sightOf(eventsOfPage * 2 + 1), 't', first).starts).toEqual([eventsOfPage * 2 * 3])
  })

  test('a task without events has none', () => {
    expect(countPages(sightOf(0), 't', from)).toEqual({ starts: [], count: 0, through: 0, more: false })
  })

  test('of a very long one so many are counted at once, and that there is more is said', () => {
    let known = { ...countPages(sightOf(12_001), 't', from) }
    const starts = [...known.starts]
    expect(known.more).toBe(true)
    while (known.more) {
      known = countPages(sightOf(12_001), 't', known)
      starts.push(...known.starts)
    }
    expect([known.count, starts.length]).toEqual([12_001, 25])
  })
})
