/** A journal with its lanes and delivery, links that hold what they are told to, and turns that the test ends. */
import { expect } from 'vitest'
import { Delivery } from '../../src/broker/delivery.ts'
import { Journal } from '../../src/broker/journal.ts'
import { Lanes } from '../../src/broker/lane.ts'
import { Outbox } from '../../src/broker/outbox.ts'
import { SlabPool } from '../../src/broker/slab.ts'
import { Subscriber } from '../../src/broker/subscriber.ts'
import { Transactions } from '../../src/broker/transaction.ts'
import { everything } from '../../src/broker/subscriptions.ts'
import type { Filter } from '../../src/broker/subscriptions.ts'
import { memoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { canonicalCodec, parseStoredFrame } from '../../src/wire/codec.ts'
import type { Codec } from '../../src/wire/codec.ts'
import type { ServerMessage } from '../../src/wire/envelope.ts'
import { nativeEventNames } from '../../src/wire/events.ts'
import type { TaskEvent } from '../../src/wire/events.ts'

export const bounds = {
  slabBytes: 512,
  tailBytesMax: 4_096,
  laneTailBytesMax: 1_536,
  lanesMax: 64,
  writeBytes: 512,
  storeReadBytes: 512,
  catchUpSlabsPerTurn: 2,
  catchUpEventsLooked: 4_096,
  lagHighBytes: 2_048,
  lagLowBytes: 512,
}

export type Bounds = typeof bounds

export interface ReaderOptions {
  readonly codec?: Codec
  readonly native?: boolean
  readonly filter?: Filter
  readonly after?: number
}

/** A link that records what leaves, and holds when it is told to. */
export class Reader {
  readonly subscriber: Subscriber
  readonly codec: Codec
  readonly native: boolean
  readonly lagEdges: { congested: boolean; lag: number }[] = []
  /** What came, as one text. */
  text = ''
  holding = false
  closed = false
  writesThisFlush = 0
  writes = 0
  fault: Error | undefined
  failures = 0
  #held: { bytes: Uint8Array; copy: Buffer } | undefined
  readonly #world: World

  constructor(world: World, options: ReaderOptions) {
    this.#world = world
    this.codec = options.codec ?? canonicalCodec
    this.native = options.native ?? true
    this.subscriber = new Subscriber(
      {
        write: (bytes) => this.#write(bytes),
        lagChanged: (congested) => {
          this.lagEdges.push({ congested, lag: world.delivery.lagBytes(this.subscriber) })
        },
        fellBehind: (from, firstAvailable) => this.#fellBehind(from, firstAvailable),
        outboxMoved: () => {},
        failed: () => {
          this.failures++
          world.delivery.remove(this.subscriber)
        },
      },
      new Outbox(1 << 20, world.bounds.writeBytes),
    )
    this.subscribe(options.filter ?? everything, options.after ?? world.journal.head)
  }

  subscribe(filter: Filter, after: number): void {
    const lane = this.#world.lanes.open({ codec: this.codec, native: this.native }, filter)
    if (lane === undefined) throw new Error('no lane')
    this.#world.delivery.enter(this.subscriber, lane, after)
  }

  answer(message: ServerMessage): void {
    const frame = this.codec.encodeToClient(message)
    if (frame !== undefined) this.subscriber.outbox.push(frame)
    this.#world.delivery.wake(this.subscriber)
  }

  get isHeld(): boolean {
    return this.#held !== undefined
  }

  /** The socket has let go of its bytes, which must be as they were handed over. */
  drain(): void {
    this.checkHeld()
    this.#held = undefined
    this.holding = false
    if (!this.closed) this.#world.delivery.drained(this.subscriber)
  }

  checkHeld(): void {
    if (this.#held !== undefined) expect(Buffer.compare(this.#held.bytes, this.#held.copy)).toBe(0)
  }

  /** The link is let go; it may still hold bytes. */
  close(): void {
    this.closed = true
    this.#world.delivery.remove(this.subscriber)
  }

  messages(): ServerMessage[] {
    const frames = this.text.split('\f').slice(0, -1)
    return frames.map((frame) => JSON.parse(frame).data)
  }

  /** Sequences of events, and gaps as [from, firstAvailable], in the order in which they came. */
  heard(): (number | [number, number])[] {
    return this.messages().flatMap((one): (number | [number, number])[] => {
      if (one.type === 'TaskEvent') return [one.seq ?? 0]
      return one.type === 'Gap' ? [[one.data.from, one.data.firstAvailable]] : []
    })
  }

  #write(bytes: Uint8Array): boolean {
    if (this.fault !== undefined) throw this.fault
    expect(this.#held).toBeUndefined()
    expect(this.closed).toBe(false)
    expect(bytes.length).toBeGreaterThan(0)
    this.writesThisFlush++
    this.writes++
    this.text += Buffer.from(bytes).toString()
    if (!this.holding) return true
    this.#held = { bytes, copy: Buffer.from(bytes) }
    return false
  }

  #fellBehind(from: number, firstAvailable: number): boolean {
    expect(from).toBeLessThan(firstAvailable)
    if (!this.native) {
      this.close()
      return false
    }
    this.answer({ type: 'Gap', origin: 'server', data: { from, firstAvailable } })
    return true
  }
}

export class World {
  readonly bounds: Bounds
  readonly pool: SlabPool
  readonly journal: Journal
  readonly lanes: Lanes
  readonly delivery: Delivery
  readonly transactions: Transactions
  effectFailed: (error: unknown) => void = (error) => {
    throw error
  }

  readonly readers: Reader[] = []
  /** How often each codec encoded. */
  encoded = 0
  #flush: (() => void) | undefined

  constructor(changed: Partial<Bounds> = {}, store: Store = memoryStore()) {
    this.bounds = { ...bounds, ...changed }
    const { slabBytes, tailBytesMax, storeReadBytes } = this.bounds
    this.pool = new SlabPool(slabBytes, 8)
    const { pool } = this
    this.journal = new Journal({
      store,
      codec: canonicalCodec,
      pool,
      now: () => 1,
      tailBytesMax,
      storeReadBytes,
    })
    this.lanes = new Lanes({ ...this.bounds, journal: this.journal, pool, nativeOnly: nativeEventNames })
    this.delivery = new Delivery({
      ...this.bounds,
      journal: this.journal,
      lanes: this.lanes,
      decodeStored: parseStoredFrame,
      now: () => 1,
      schedule: (flush) => {
        expect(this.#flush).toBeUndefined()
        this.#flush = flush
      },
      flushed: () => this.journal.endTurn(),
    })
    this.transactions = new Transactions({
      journal: this.journal,
      store,
      sessions: { changes: () => ({ saved: [], forgotten: [] }), kept: () => {} },
      announce: (entries) => this.delivery.announce(entries),
      effectFailed: (error) => this.effectFailed(error),
      refused: () => {},
    })
  }

  reader(options: ReaderOptions = {}): Reader {
    const reader = new Reader(this, options)
    this.readers.push(reader)
    return reader
  }

  append(task: string, ...events: TaskEvent[]): void {
    this.transactions.run((transaction) => transaction.stage({ task, events }))
  }

  /** Appends so many events of one name. */
  fill(count: number, task = 't', text = 'x'.repeat(100)): void {
    for (let left = count; left > 0; left--) this.append(task, said(task, text))
  }

  get isScheduled(): boolean {
    return this.#flush !== undefined
  }

  /** Ends the turn. */
  flush(): void {
    const flush = this.#flush
    this.#flush = undefined
    for (const reader of this.readers) reader.writesThisFlush = 0
    flush?.()
    for (const reader of this.readers) {
      expect(reader.writesThisFlush).toBeLessThanOrEqual(1)
      reader.checkHeld()
    }
  }

  /** Ends turns until nothing is left to do; returns how many there were. */
  flushAll(): number {
    let turns = 0
    for (; this.isScheduled; turns++) {
      if (turns > 5_000) throw new Error('it never comes to rest')
      this.flush()
    }
    return turns
  }
}

export function said(task: string, text: string): TaskEvent {
  const message = { ts: 1, type: 'say' as const, say: 'text' as const, text }
  return { eventName: 'message', payload: [{ taskId: task, action: 'created', message }] }
}

/** Numbers from `first` to `last`. */
export const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => n + first)
