/**
 * Fan-out: a lane is a filter over the journal in one encoding, whose frames are encoded once and shared by all who
 * want them. It exists while somebody is in it. A lane other than the journal's own keeps only what some reader of it
 * has not had; a reader that falls below that reads the journal (delivery.ts).
 */
import type { Codec } from '../wire/codec.ts'
import { isLiveSet } from './subscriptions.ts'
import type { Filter } from './subscriptions.ts'
import type { Journal, JournalEntry } from './journal.ts'
import { SlabChain } from './slab.ts'
import type { Slab, SlabAccount, SlabPool, Stretch } from './slab.ts'
import type { Subscriber } from './subscriber.ts'

/** How a link is spoken to: its codec, and whether it said Hello. */
export interface Dialect {
  readonly codec: Codec
  readonly native: boolean
}

/** Encodes each event once per codec, however many lanes want it. */
class Encodings {
  readonly #canonical: Codec
  readonly #others = new Map<Codec, Stretch | undefined>()
  #entry: JournalEntry | undefined

  constructor(canonical: Codec) {
    this.#canonical = canonical
  }

  /** Undefined where the codec's vocabulary cannot say this event. */
  of(entry: JournalEntry, codec: Codec): Stretch | undefined {
    if (codec === this.#canonical) return entry
    if (entry !== this.#entry) this.#others.clear()
    this.#entry = entry
    if (!this.#others.has(codec)) this.#others.set(codec, say(entry, codec))
    return this.#others.get(codec)
  }
}

function say({ message }: JournalEntry, codec: Codec): Stretch | undefined {
  const buffer = codec.encodeToClient(message)
  return buffer === undefined ? undefined : { buffer, start: 0, end: buffer.length }
}

export class Lane {
  readonly key: string
  readonly dialect: Dialect
  readonly filter: Filter
  readonly chain: SlabChain
  /** The lane whose frames are the journal's own: it keeps no copy. */
  readonly isJournal: boolean
  readonly subscribers = new Set<Subscriber>()
  readonly #nativeOnly: ReadonlySet<string>

  constructor(
    key: string,
    dialect: Dialect,
    filter: Filter,
    chain: SlabChain,
    nativeOnly: ReadonlySet<string>,
    isJournal: boolean,
  ) {
    this.key = key
    this.dialect = dialect
    this.filter = filter
    this.chain = chain
    this.#nativeOnly = nativeOnly
    this.isJournal = isJournal
  }

  /** Whether readers of this lane get events of this task and name at all. */
  wants(task: string, name: string): boolean {
    return this.filter.matches(task, name) && (this.dialect.native || !this.#nativeOnly.has(name))
  }

  /** Takes an event in; false where it is not for this lane. */
  take(entry: JournalEntry, encodings: Encodings): boolean {
    const { seq, task, name } = entry
    if (!this.wants(task, name)) return false
    if (this.isJournal) return true
    const frame = encodings.of(entry, this.dialect.codec)
    if (frame === undefined) return false
    this.chain.append(frame, seq, task, name)
    return true
  }

  /** Lets go of slabs that every reader has had. */
  release(): void {
    if (this.isJournal) return
    while (this.chain.first.readers === 0 && this.chain.dropFirst());
  }
}

export interface LanesOptions {
  readonly journal: Journal
  readonly pool: SlabPool
  readonly nativeOnly: ReadonlySet<string>
  readonly lanesMax: number
  readonly laneTailBytesMax: number
}

const noLanes: ReadonlySet<Lane> = new Set()

/** Every lane, and which of them an event can concern. */
export class Lanes {
  readonly #options: LanesOptions
  readonly #byKey = new Map<string, Lane>()
  readonly #ofAllTasks = new Set<Lane>()
  readonly #ofTask = new Map<string, Set<Lane>>()
  /** Lanes over a set of tasks that changes: asked about each event. */
  readonly #ofLiveSets = new Set<Lane>()
  /** Events times their readers, since the start. */
  deliveries = 0
  /** Slabs that lanes hold besides the journal's. */
  readonly #account: SlabAccount = { bytes: 0 }

  constructor(options: LanesOptions) {
    this.#options = options
  }

  get count(): number {
    return this.#byKey.size
  }

  /** The lane of this dialect and filter, made if there is none; undefined at the bound. */
  open(dialect: Dialect, filter: Filter): Lane | undefined {
    const key = `${dialect.codec.name} ${dialect.native ? 'native' : 'legacy'} ${filter.key}`
    const existing = this.#byKey.get(key)
    if (existing !== undefined) return existing
    if (this.#byKey.size >= this.#options.lanesMax) return undefined
    const { journal, pool, nativeOnly } = this.#options
    const isJournal = dialect.codec === journal.codec && dialect.native && filter.key === '*'
    const chain = isJournal ? journal.chain : new SlabChain(pool, this.#account, journal.head)
    const lane = new Lane(key, dialect, filter, chain, nativeOnly, isJournal)
    this.#byKey.set(key, lane)
    this.#index(lane, (lanes) => lanes.add(lane))
    return lane
  }

  /** Forgets a lane that nobody is in. */
  closeIfEmpty(lane: Lane): void {
    if (lane.subscribers.size > 0 || this.#byKey.get(lane.key) !== lane) return
    this.#byKey.delete(lane.key)
    this.#index(lane, (lanes) => lanes.delete(lane))
    if (!lane.isJournal) lane.chain.clear()
  }

  #index(lane: Lane, change: (lanes: Set<Lane>) => void): void {
    const tasks = lane.filter.tasks
    if (tasks === undefined) return change(this.#ofAllTasks)
    if (isLiveSet(lane.filter)) return change(this.#ofLiveSets)
    for (const task of tasks) {
      const lanes = this.#ofTask.get(task) ?? new Set<Lane>()
      change(lanes)
      if (lanes.size > 0) this.#ofTask.set(task, lanes)
      else this.#ofTask.delete(task)
    }
  }

  /** Takes journaled events into every lane that wants them; returns those lanes. */
  take(entries: readonly JournalEntry[]): ReadonlySet<Lane> {
    const touched = new Set<Lane>()
    const encodings = new Encodings(this.#options.journal.codec)
    const takeInto = (lanes: ReadonlySet<Lane>, entry: JournalEntry): void => {
      for (const lane of lanes) {
        if (!lane.take(entry, encodings)) continue
        touched.add(lane)
        this.deliveries += lane.subscribers.size
      }
    }
    for (const entry of entries) {
      takeInto(this.#ofAllTasks, entry)
      takeInto(this.#ofTask.get(entry.task) ?? noLanes, entry)
      takeInto(this.#ofLiveSets, entry)
    }
    this.#trim(touched)
    return touched
  }

  #trim(touched: ReadonlySet<Lane>): void {
    while (this.#account.bytes > this.#options.laneTailBytesMax && this.#dropFirstOfLargest());
    // Also a lane of one slab counts: a thousand of them would leave the journal no tail.
    for (const lane of this.#byKey.values()) {
      if (this.#account.bytes <= this.#options.laneTailBytesMax) break
      if (!lane.isJournal && !touched.has(lane)) lane.chain.clear()
    }
    for (const lane of touched) {
      if (this.#account.bytes <= this.#options.laneTailBytesMax) break
      if (!lane.isJournal) lane.chain.clear()
    }
    this.#options.journal.trim(this.#account.bytes)
  }

  /** False where no lane has more than one slab. */
  #dropFirstOfLargest(): boolean {
    let largest: Lane | undefined
    for (const lane of this.#byKey.values()) {
      if (lane.isJournal || lane.chain.first === lane.chain.last) continue
      if (largest === undefined || lane.chain.span > largest.chain.span) largest = lane
    }
    return largest?.chain.dropFirst() ?? false
  }
}

/** True where a reader of this chain stands before its end. */
export function hasMore(slab: Slab, offset: number): boolean {
  return offset < slab.used || slab.next !== undefined
}

/** A turn's events may lie on both sides of a slab's end: who stands in the last slab or in the one before is not behind. */
export function isLive({ slab }: { readonly slab: Slab | undefined }, { chain }: Lane): boolean {
  return slab !== undefined && (slab === chain.last || slab.next === chain.last)
}
