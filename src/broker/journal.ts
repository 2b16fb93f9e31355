/**
 * The ordered event log: gives sequence numbers, encodes events, keeps the hot tail. Owner: the broker actor. What is
 * staged here is committed by a transaction before anybody can be told of it. With a memory store the tail is the
 * journal: what leaves it is gone (retention).
 */
import type { JournalCodec } from '../wire/codec.ts'
import type { EventMessage } from '../wire/envelope.ts'
import type { SharedEnvelope } from '../wire/event-texts.ts'
import type { TaskEvent } from '../wire/events.ts'
import type { Store } from '../store/store.ts'
import { SlabChain } from './slab.ts'
import type { Slab, SlabAccount, SlabPool, Stretch } from './slab.ts'

/** One event as it was journaled, and where its canonical encoding lies: valid in the turn of its append. */
export interface JournalEntry extends Stretch {
  readonly message: EventMessage
  /** A view of that encoding. */
  readonly frame: Buffer
  readonly seq: number
  readonly task: string
  readonly name: string
}

/** Events of one task, in order, as one commit; `by` and `causedBy` where a client caused them. */
export interface JournalDraft {
  readonly task: string
  readonly events: readonly TaskEvent[]
  readonly by?: string | undefined
  readonly causedBy?: string | undefined
}

export interface JournalOptions {
  readonly store: Store
  /** The codec of canonical frames: node-ipc framing, roo vocabulary. */
  readonly codec: JournalCodec
  readonly pool: SlabPool
  readonly now: () => number
  readonly tailBytesMax: number
  /** Of one piece read from the store. */
  readonly storeReadBytes: number
}

export class Journal {
  readonly codec: JournalCodec
  readonly chain: SlabChain
  /** `"<journal id>.<start number>"`: new at every start of the daemon. */
  readonly epoch: string
  /** Bytes appended since the last `endTurn`: what runners are paused by. */
  turnBytes = 0
  readonly #account: SlabAccount = { bytes: 0 }
  readonly #store: Store
  readonly #now: () => number
  readonly #tailBytesMax: number
  readonly #storeReadBytes: number
  #sequence: number

  constructor(options: JournalOptions) {
    this.codec = options.codec
    this.#store = options.store
    this.#now = options.now
    this.#tailBytesMax = options.tailBytesMax
    this.#storeReadBytes = options.storeReadBytes
    this.#sequence = options.store.head
    this.epoch = `${options.store.journalId}.${options.store.startNumber}`
    this.chain = new SlabChain(options.pool, this.#account, this.#sequence)
  }

  /** Sequence of the last event; 0 before the first. */
  get head(): number {
    return this.#sequence
  }

  /** Sequence of the oldest event that can still be read; `head + 1` where there is none. */
  get firstAvailable(): number {
    return Math.min(this.chain.coversAfter + 1, this.#store.firstAvailable())
  }

  /** The same of one task, if given: on disk it is kept whole or not at all, also below what is kept of all. */
  firstAvailableOf(task: string | undefined): number {
    const isWhole =
      task !== undefined && this.#store.durability !== 'memory' && this.#store.task(task) !== undefined
    return isWhole ? 1 : this.firstAvailable
  }

  /**
   * Gives events their sequences and encodes them where they will lie, so that their bytes exist once. Nobody may be
   * told of them before the store has them; until then what `checkpoint` returned forgets them again. Throws where an
   * event cannot be said: then nothing of the draft is kept.
   */
  stage(draft: JournalDraft): readonly JournalEntry[] {
    const { task, events, by, causedBy } = draft
    const shared: SharedEnvelope = { task, at: this.#now(), by, causedBy }
    const say = this.codec.eventTexts(shared)
    const first = this.#sequence + 1
    // All before the first is appended: one that cannot be said keeps none.
    const said = events.map((event, index) => ({ event, text: say(first + index, event) }))
    return said.map(({ event, text }) => {
      this.#sequence++
      this.chain.append(text, this.#sequence, task, event.eventName)
      return new AppendedEntry(shared, event, this.#sequence, this.chain.last)
    })
  }

  /** Notes the head; what is returned forgets what was staged since. */
  checkpoint(): () => void {
    const sequence = this.#sequence
    const forget = this.chain.checkpoint()
    return () => {
      forget()
      this.#sequence = sequence
    }
  }

  /** The store has these: they count from now on. */
  committed(entries: readonly JournalEntry[]): void {
    for (const { start, end } of entries) this.turnBytes += end - start
  }

  /** Bytes of memory that the tail takes. */
  get bytes(): number {
    return this.#account.bytes
  }

  /** Lets the oldest slabs go while the tail, with `otherBytes` of other lanes, is over its budget. */
  trim(otherBytes: number): void {
    while (this.#account.bytes + otherBytes > this.#tailBytesMax && this.chain.dropFirst());
  }

  endTurn(): void {
    this.turnBytes = 0
  }

  /**
   * Calls `take` for each canonical frame after `after`, until it returns false or `framesMax` have been looked at, or
   * one piece of the store where `after` is below the hot tail. Returns the sequence up to which everything has been
   * looked at. `after` must not be below retention. `task`: where only this one's events are wanted.
   */
  scan(after: number, framesMax: number, take: (frame: ScannedFrame) => boolean, task?: string): number {
    if (after < this.chain.coversAfter) return this.#scanStore(after, take, task)
    let through = after
    let left = framesMax
    const place = this.chain.seek(after)
    for (let slab: Slab | undefined = place.slab; slab !== undefined; slab = slab.next) {
      for (let index = slab.indexAfter(after); index < slab.seqs.length; index++) {
        const seq = slab.seqs[index] ?? 0
        if (left-- === 0 || !take(new SlabFrame(slab, index, seq))) return through
        through = seq
      }
    }
    return Math.max(through, this.#sequence)
  }

  #scanStore(after: number, take: (frame: ScannedFrame) => boolean, task: string | undefined): number {
    const { coversAfter } = this.chain
    const stored =
      task === undefined
        ? this.#store.read(after, this.#storeReadBytes)
        : this.#store.readTask(task, after, this.#storeReadBytes)
    let through = after
    for (const { seq, task: owner, name, frame } of stored) {
      // What is in the tail is read there.
      if (seq > coversAfter) return coversAfter
      if (!take({ seq, task: owner, name, frame: bytesOf(frame) })) return through
      through = seq
    }
    // Of one task there may be nothing more; of all there is always something, unless it has just been let go.
    return stored.length === 0 ? coversAfter : through
  }

  /** Bytes of the journal after `after`: below the hot tail, about so many. */
  bytesAfter(after: number): number {
    const below = Math.max(0, this.chain.coversAfter - after)
    return below * storedFrameBytes + this.chain.bytesAfter(Math.max(after, this.chain.coversAfter))
  }
}

/**
 * The last entry of a slab. Most are read by their readers' slabs alone: view and message are made when somebody wants
 * them.
 */
class AppendedEntry implements JournalEntry {
  readonly seq: number
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  readonly #shared: SharedEnvelope
  readonly #event: TaskEvent
  #frame: Buffer | undefined

  constructor(shared: SharedEnvelope, event: TaskEvent, seq: number, slab: Slab) {
    this.#shared = shared
    this.#event = event
    this.seq = seq
    this.buffer = slab.bytes
    this.start = slab.startOf(slab.ends.length - 1)
    this.end = slab.used
  }

  get task(): string {
    return this.#shared.task
  }

  get name(): string {
    return this.#event.eventName
  }

  get message(): EventMessage {
    const { task, at, by, causedBy } = this.#shared
    const caused = { ...(by === undefined ? {} : { by }), ...(causedBy === undefined ? {} : { causedBy }) }
    return { type: 'TaskEvent', origin: 'server', seq: this.seq, task, at, ...caused, data: this.#event }
  }

  get frame(): Buffer {
    this.#frame ??= this.buffer.subarray(this.start, this.end)
    return this.#frame
  }
}

/** What an event takes in the store, about. */
const storedFrameBytes = 300

function bytesOf(frame: Uint8Array): Buffer {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
}

/** A frame as it was encoded. Its bytes are valid in the turn in which it was scanned. */
export interface ScannedFrame {
  readonly seq: number
  readonly task: string
  readonly name: string
  readonly frame: Buffer
}

/** A frame where it lies. */
class SlabFrame implements ScannedFrame {
  readonly seq: number
  readonly #slab: Slab
  readonly #index: number

  constructor(slab: Slab, index: number, seq: number) {
    this.#slab = slab
    this.#index = index
    this.seq = seq
  }

  get task(): string {
    return this.#slab.tasks[this.#index] ?? ''
  }

  get name(): string {
    return this.#slab.names[this.#index] ?? ''
  }

  get frame(): Buffer {
    return this.#slab.bytes.subarray(this.#slab.startOf(this.#index), this.#slab.ends[this.#index])
  }
}
