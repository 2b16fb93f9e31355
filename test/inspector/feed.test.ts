import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { Feed } from '../../src/inspector/feed.ts'
import type { FeedSource } from '../../src/inspector/feed.ts'
import { Ring } from '../../src/inspector/happenings.ts'
import type { Counts } from '../../src/inspector/sight.ts'

const bounds = { heldBytesMax: 100, happeningsPerBatchMax: 3, metersEveryMs: 1_000 }
const move = {
  kind: 'move',
  at: 1,
  machine: 'm',
  actor: 'a',
  event: 'e',
  from: 'x',
  to: 'y',
  edge: 0,
} as const

class Page {
  readonly ring = new Ring(10)
  counts: Counts[] = [{ key: 'm', leaves: [0, 0], edges: [0], refused: 0 }]
  written = ''
  held = 0

  feed(after?: number): Feed {
    const source = {
      ring: this.ring,
      machines: () => [],
      counts: () => this.counts,
      meters: () => ({ head: 1 }),
    } as unknown as FeedSource
    const write = (text: string) => (this.written += text)
    const held = () => this.held
    const response = {
      write,
      get writableLength() {
        return held()
      },
    } as unknown as ServerResponse
    return new Feed(source, response, bounds, { after, watch: undefined })
  }

  /** What was told since the last time. */
  told(name: string): unknown[] {
    const events = this.written.split('\n\n').filter((event) => event.startsWith(`event: ${name}\n`))
    this.written = ''
    return events.map((event) => JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? 'null') as unknown)
  }
}

describe('what a page is told', () => {
  test('is first everything, then what has changed, a batch at a time', () => {
    const page = new Page()
    page.counts = [{ key: 'm', leaves: [2, 0], edges: [5], refused: 1 }]
    const feed = page.feed()
    feed.tell(0)
    expect(page.told('counts')).toEqual([[{ key: 'm', leaves: [[0, 2]], edges: [[0, 5]], refused: 1 }]])
    feed.tell(120)
    expect(page.written).toBe('')
    page.counts = [{ key: 'm', leaves: [1, 1], edges: [6], refused: 1 }]
    feed.tell(240)
    expect(page.told('counts')).toEqual([
      [
        {
          key: 'm',
          leaves: [
            [0, 1],
            [1, 1],
          ],
          edges: [[0, 6]],
          refused: 1,
        },
      ],
    ])
    feed.tell(1_000)
    expect(page.told('meters')).toHaveLength(1)
  })

  // bound: metersEveryMs
  test('has the figures as often as they may come', () => {
    const page = new Page()
    const feed = page.feed()
    const told = [0, bounds.metersEveryMs - 1, bounds.metersEveryMs].map((now) => {
      feed.tell(now)
      return page.told('meters').length
    })
    expect(told).toEqual([1, 0, 1])
  })

  // bound: happeningsPerBatchMax
  test('of a flood only the newest is told one by one, the rest is counted', () => {
    const page = new Page()
    const feed = page.feed()
    for (let index = 0; index < 3; index++) page.ring.add(move)
    feed.tell(0)
    expect(page.told('happenings')).toMatchObject([{ skipped: 0, items: [{ n: 1 }, { n: 2 }, { n: 3 }] }])
    for (let index = 0; index < 4; index++) page.ring.add(move)
    feed.tell(0)
    expect(page.told('happenings')).toMatchObject([{ skipped: 1, items: [{ n: 5 }, { n: 6 }, { n: 7 }] }])
  })

  test('goes on where a page was that comes back', () => {
    const page = new Page()
    for (let index = 0; index < 4; index++) page.ring.add(move)
    page.feed(2).tell(0)
    expect(page.told('happenings')).toMatchObject([{ skipped: 0, items: [{ n: 3 }, { n: 4 }] }])
    page.feed(4).tell(0)
    expect(page.told('happenings')).toEqual([])
  })

  test('a place that this daemon never gave is the newest', () => {
    const page = new Page()
    page.ring.add(move)
    page.feed(1_000).tell(0)
    expect(page.told('happenings')).toEqual([])
  })

  // bound: heldBytesMax
  test('a page that does not read is to be dropped past the bound, not at it', () => {
    const page = new Page()
    const feed = page.feed()
    page.held = bounds.heldBytesMax
    expect(feed.tell(0)).toBe(true)
    page.held++
    expect(feed.tell(120)).toBe(false)
  })
})
