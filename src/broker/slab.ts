/**
 * Where encoded frames lie: fixed buffers written contiguously, chained oldest to newest. Readers hold a place (slab,
 * offset) and write the same bytes, so a frame costs memory once however many links want it. A dropped slab's buffer
 * is recycled when no socket holds it: a reader that comes back finds `dropped` and goes by its sequence instead.
 */

/** Free buffers of one size. */
export class SlabPool {
  readonly slabBytes: number
  readonly #freeMax: number
  readonly #free: Buffer[] = []

  constructor(slabBytes: number, freeMax: number) {
    this.slabBytes = slabBytes
    this.#freeMax = freeMax
  }

  take(bytes: number): Buffer {
    if (bytes > this.slabBytes) return Buffer.allocUnsafeSlow(bytes)
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes)
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length === this.slabBytes && this.#free.length < this.#freeMax) this.#free.push(buffer)
  }
}

/** Bytes somewhere in a buffer: a view of them costs more than their copy. */
export interface Stretch {
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
}

/** A whole frame, as text or where its bytes lie. */
export type Frame = string | Stretch

/** To count a text's bytes takes as long as to write them: only near a slab's end is it worth that. */
function bytesAtMost(frame: Frame): number {
  return typeof frame === 'string' ? frame.length * 3 : frame.end - frame.start
}

function bytesOf(frame: Frame): number {
  return typeof frame === 'string' ? Buffer.byteLength(frame) : frame.end - frame.start
}

/** Returns the bytes that it took. */
function writeFrame(frame: Frame, into: Buffer, at: number): number {
  return typeof frame === 'string'
    ? into.write(frame, at)
    : frame.buffer.copy(into, at, frame.start, frame.end)
}

export class Slab {
  /** Bytes of the chain before this slab, since the chain's beginning. */
  readonly base: number
  /** Sequence, end offset, task and event name of each frame in it. */
  readonly seqs: number[] = []
  readonly ends: number[] = []
  readonly tasks: string[] = []
  readonly names: string[] = []
  bytes: Buffer
  used = 0
  next: Slab | undefined
  /** Cursors that stand in it. */
  readers = 0
  dropped = false
  /** Once dropped: a reader that had read all of it goes on after this sequence. */
  resumeAfter = 0
  #holds = 0
  #rest: Buffer | undefined
  readonly #pool: SlabPool

  constructor(pool: SlabPool, capacity: number, base: number) {
    this.#pool = pool
    this.base = base
    this.bytes = capacity === 0 ? Buffer.alloc(0) : pool.take(capacity)
  }

  get firstSeq(): number {
    return this.seqs[0] ?? 0
  }

  get lastSeq(): number {
    return this.seqs.at(-1) ?? 0
  }

  fits(bytes: number): boolean {
    return this.used + bytes <= this.bytes.length
  }

  /** Writes a frame that fits at its end; returns the bytes it took. */
  push(frame: Frame, seq: number, task: string, name: string): number {
    const took = writeFrame(frame, this.bytes, this.used)
    this.used += took
    this.seqs.push(seq)
    this.ends.push(this.used)
    this.tasks.push(task)
    this.names.push(name)
    return took
  }

  /** All from this offset on. Many readers stand at the same place: they share one view of it. */
  rest(offset: number): Buffer {
    if (this.#rest?.byteOffset !== this.bytes.byteOffset + offset || this.#rest.length !== this.used - offset)
      this.#rest = this.bytes.subarray(offset, this.used)
    return this.#rest
  }

  /** Forgets the frames from `count` on. */
  truncate(count: number): void {
    this.used = this.startOf(count)
    for (const marks of [this.seqs, this.ends, this.tasks, this.names]) marks.length = count
  }

  /** Index of the first frame with a sequence above `after`; `seqs.length` where there is none. */
  indexAfter(after: number): number {
    let low = 0
    let high = this.seqs.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.seqs[middle] ?? 0) > after) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Sequence and end of the last frame that ends at `offset` or before; undefined where none does. */
  lastWithin(offset: number): { readonly seq: number; readonly end: number } | undefined {
    let low = 0
    let high = this.ends.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.ends[middle] ?? 0) > offset) high = middle
      else low = middle + 1
    }
    const seq = this.seqs[low - 1]
    return seq === undefined ? undefined : { seq, end: this.startOf(low) }
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] ?? this.used)
  }

  /** A socket holds some of its bytes: they must not be reused. */
  hold(): void {
    this.#holds++
  }

  release(): void {
    this.#holds--
    if (this.dropped && this.#holds === 0) this.#recycle()
  }

  drop(resumeAfter: number): void {
    this.dropped = true
    this.resumeAfter = resumeAfter
    this.next = undefined
    if (this.#holds === 0) this.#recycle()
  }

  #recycle(): void {
    this.#pool.giveBack(this.bytes)
    this.bytes = Buffer.alloc(0)
    this.#rest = undefined
  }
}

/** Bytes that several chains take together. */
export interface SlabAccount {
  bytes: number
}

/** Slabs oldest to newest. It always has a last one, so that a reader at the head has a place to stand. */
export class SlabChain {
  first: Slab
  last: Slab
  /** Bytes ever appended: a place's distance to it is its lag. */
  end = 0
  /** Every frame of this chain's kind with a sequence above this one is in it. */
  coversAfter: number
  readonly #pool: SlabPool
  readonly #account: SlabAccount

  constructor(pool: SlabPool, account: SlabAccount, coversAfter: number) {
    this.#pool = pool
    this.#account = account
    this.coversAfter = coversAfter
    this.first = new Slab(pool, 0, 0)
    this.last = this.first
  }

  /** Bytes of frames from its first slab to its end. */
  get span(): number {
    return this.end - this.first.base
  }

  /** Appends a frame: it lies at the end of the last slab, whose bytes are valid until that is dropped. */
  append(frame: Frame, seq: number, task: string, name: string): void {
    if (!this.last.fits(bytesAtMost(frame))) {
      const bytes = bytesOf(frame)
      if (!this.last.fits(bytes)) this.#grow(bytes)
    }
    this.end += this.last.push(frame, seq, task, name)
  }

  #grow(frameBytes: number): void {
    const slab = new Slab(this.#pool, Math.max(frameBytes, this.#pool.slabBytes), this.end)
    this.#account.bytes += slab.bytes.length
    const before = this.last
    before.next = slab
    this.last = slab
    // Only where nothing lies between: the empty first one may have had readers when the second came.
    if (this.first === before && before.bytes.length === 0 && before.readers === 0) this.first = slab
  }

  /** Notes the end; what is returned forgets all that was appended since. Nobody may have read it. */
  checkpoint(): () => void {
    const { last, end } = this
    const count = last.seqs.length
    return () => {
      for (let slab = last.next; slab !== undefined; slab = slab.next)
        this.#account.bytes -= slab.bytes.length
      if (last.readers === 0 && last.bytes.length === 0) this.first = last
      last.next = undefined
      last.truncate(count)
      this.last = last
      this.end = end
    }
  }

  /** Lets every slab go, also the last one: readers go on by their sequence. */
  clear(): void {
    while (this.dropFirst());
    const slab = this.last
    if (slab.used === 0) return
    this.#account.bytes -= slab.bytes.length
    this.coversAfter = slab.lastSeq
    this.last = new Slab(this.#pool, 0, this.end)
    this.first = this.last
    slab.drop(this.coversAfter)
  }

  /** Lets the oldest slab go; false where only the last is left. */
  dropFirst(): boolean {
    const slab = this.first
    const next = slab.next
    if (next === undefined) return false
    this.#account.bytes -= slab.bytes.length
    this.first = next
    this.coversAfter = next.firstSeq > 0 ? next.firstSeq - 1 : Math.max(this.coversAfter, slab.lastSeq)
    slab.drop(this.coversAfter)
    return true
  }

  /** The place of the first frame with a sequence above `after`, which must be at least `coversAfter`. */
  seek(after: number): { slab: Slab; offset: number } {
    for (let slab: Slab | undefined = this.first; slab !== undefined; slab = slab.next) {
      if (slab.lastSeq > after) return { slab, offset: slab.startOf(slab.indexAfter(after)) }
    }
    return { slab: this.last, offset: this.last.used }
  }

  /** Bytes of the frames with a sequence above `after`, which must be at least `coversAfter`. */
  bytesAfter(after: number): number {
    const { slab, offset } = this.seek(after)
    return this.end - slab.base - offset
  }
}
