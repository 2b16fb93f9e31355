import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { createActor } from 'xstate'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { connectionMachine } from '../../machines/connection.ts'
import { Inspector } from '../../src/inspector/inspector.ts'
import { inspectorLimits } from '../../src/inspector/limits.ts'
import type { Sight } from '../../src/inspector/sight.ts'
import { Tally } from '../../src/inspector/tally.ts'

const clock = { setTimeout: () => 0, clearTimeout: () => undefined }
const open: Disposable[] = []
afterEach(() => {
  for (const one of open.splice(0)) one[Symbol.dispose]()
})

/** A daemon of connections alone. */
class World {
  readonly noted: string[] = []
  readonly inspector: Inspector
  readonly #machine = connectionMachine.provide({})
  #count = 0

  constructor(limits: Partial<Record<keyof typeof inspectorLimits, number>> = {}) {
    const tally = new Tally()
    tally.count(this.#machine)
    const sight = {
      identity: { version: '1', pid: 1, epoch: 'e.1', startedAt: 0 },
      tally,
      now: () => Date.now(),
      head: () => 0,
      meters: () => ({ head: 0 }),
      events: () => [],
    } as unknown as Sight
    this.inspector = new Inspector({
      sight,
      limits: { ...inspectorLimits, batchMs: 10, ...limits },
      failed: (error) => this.noted.push(String(error)),
      noted: (what) => this.noted.push(what),
      assets: new Map(),
    })
    open.push(this.inspector)
  }

  connection() {
    const input = { id: `c${this.#count++}`, ackTimeoutMs: 1, drainTimeoutMs: 1 }
    const actor = createActor(this.#machine, { clock, input }).start()
    actor.send({ type: 'admission.granted' })
    actor.send({ type: 'ack.flushed' })
    return actor
  }
}

/** A page’s stream over a socket of its own, read or not. */
class Stream {
  readonly socket: Socket
  text = ''
  closed = false

  constructor(url: URL, after?: string) {
    this.socket = connect(Number(url.port), '127.0.0.1')
    this.socket.setEncoding('utf8').on('data', (text: string) => (this.text += text))
    this.socket.on('close', () => (this.closed = true)).on('error', () => undefined)
    const token = url.hash.slice('#token='.length)
    const position = after === undefined ? '' : `Last-Event-ID: ${after}\r\n`
    this.socket.write(
      `GET /api/events HTTP/1.1\r\nHost: ${url.host}\r\nAuthorization: Bearer ${token}\r\n${position}\r\n`,
    )
    open.push({ [Symbol.dispose]: () => this.socket.destroy() })
  }

  /** Numbers of what happened. */
  get told(): number[] {
    return [...this.text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))
  }

  get lastId(): string {
    return [...this.text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? ''
  }
}

describe('open pages', () => {
  test('two at once are told the same, each in its own time', async () => {
    const world = new World()
    const url = new URL(await world.inspector.open({ control: false }))
    const first = new Stream(url)
    await vi.waitFor(() => expect(first.text).toContain('event: meters'))
    const actor = world.connection()
    const second = new Stream(url)
    await vi.waitFor(() => {
      for (const { text } of [first, second]) expect(text).toContain('"leaves":[[2,1]]')
    })
    first.socket.destroy()
    actor.send({ type: 'lag.rose' })
    await vi.waitFor(() => expect(second.text).toContain('"event":"lag.rose"'))
    expect(second.told).toEqual([...new Set(second.told)])
  })

  // bound: pagesMax
  test('as many may be open as the bound says, one more is told so', async () => {
    const world = new World({ pagesMax: 2 })
    const url = new URL(await world.inspector.open({ control: false }))
    const pages = [new Stream(url), new Stream(url)]
    await vi.waitFor(() => expect(pages.every(({ text }) => text.includes('event: meters'))).toBe(true))
    const third = new Stream(url)
    await vi.waitFor(() => expect(third.text).toContain('HTTP/1.1 503'))
  })

  test('one that does not read is dropped, holds nobody up, and goes on where it was when it comes back', async () => {
    const world = new World({ heldBytesMax: 20_000, happeningsPerBatchMax: 1_000 })
    const url = new URL(await world.inspector.open({ control: false }))
    const [stalled, reader] = [new Stream(url), new Stream(url)]
    const actor = world.connection()
    await vi.waitFor(() => expect(stalled.told).toHaveLength(3))
    const [position, seen] = [stalled.lastId, stalled.told.at(-1) ?? 0]
    stalled.socket.pause()
    for (let batch = 0; batch < 400 && world.noted.length === 0; batch++) {
      for (let edge = 0; edge < 200; edge++) {
        actor.send({ type: 'lag.rose' })
        actor.send({ type: 'lag.fell' })
      }
      // The page that reads has been told this batch, so that the other one has been given it too.
      await vi.waitFor(() => expect(reader.told.at(-1)).toBe(world.inspector.ring.last), { interval: 1 })
    }
    expect(world.noted).toEqual(['a page that does not read was dropped'])
    const last = world.inspector.ring.last
    await vi.waitFor(() => expect(reader.told.at(-1)).toBe(last))
    const back = new Stream(url, position)
    await vi.waitFor(() => expect(back.text).toContain('event: happenings'))
    const [, first = ''] = back.text.split('event: happenings')
    const { items, skipped } = JSON.parse(/^data: (.*)$/m.exec(first)?.[1] ?? '') as {
      items: { n: number }[]
      skipped: number
    }
    expect(items[0]?.n).toBe(seen + 1 + skipped)
    expect(items.at(-1)?.n).toBe(last)
  })

  test('ten thousand connections are one picture: counted exactly, told in little', async () => {
    const world = new World()
    const actors = Array.from({ length: 10_000 }, () => world.connection())
    for (const actor of actors.slice(0, 1_234)) actor.send({ type: 'lag.rose' })
    for (const actor of actors.slice(-766)) actor.send({ type: 'close' })
    const [counts] = world.inspector.counts()
    // connecting, awaitingAck, flowing, congested, draining, closed.
    expect(counts?.leaves).toEqual([0, 0, 8_000, 1_234, 0, 766])
    const page = new Stream(new URL(await world.inspector.open({ control: false })))
    await vi.waitFor(() => expect(page.text).toContain('event: counts'))
    await vi.waitFor(() => expect(page.text).toContain('event: meters'))
    const [, told = ''] = page.text.split('event: counts')
    expect(told.split('\n\n')[0]?.length).toBeLessThan(1_000)
  })
})
