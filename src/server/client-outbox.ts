/**
 * What waits for one client of an IpcServer, in the order in which the program said it: its place in what all clients
 * are told, and between that what it alone is told. The trap: bytes of a slab that a socket has not taken must be held.
 */
import { Chunk } from '../broker/chunk.ts'
import type { Slab } from '../broker/slab.ts'
import type { Broadcasts, Place } from './broadcasts.ts'

/** Bytes for one write; `slab` is where they lie, if it is to be held until they have left. */
export interface Taken {
  readonly bytes: Buffer
  readonly slab?: Slab
}

interface OwnFrames {
  readonly chunk: Chunk
  /** What all clients had been told before, in bytes. */
  readonly at: number
}

export class ClientOutbox {
  readonly #broadcasts: Broadcasts
  readonly #place: Place
  readonly #own: OwnFrames[] = []
  readonly #writeBytes: number
  #ownBytes = 0
  #held: Slab | undefined

  /** `writeBytes`: of its own frames that are taken at once, but for a single one. */
  constructor(broadcasts: Broadcasts, writeBytes: number) {
    this.#broadcasts = broadcasts
    this.#writeBytes = writeBytes
    this.#place = broadcasts.enter()
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#broadcasts.end - this.#position + this.#ownBytes
  }

  get #position(): number {
    return this.#place.slab.base + this.#place.offset
  }

  /** A frame for this client alone, behind all that was said before. */
  push(frame: Buffer): void {
    const at = this.#broadcasts.end
    const last = this.#own.at(-1)
    if (last?.at !== at || !last.chunk.add(frame))
      this.#own.push({ chunk: new Chunk(frame, this.#writeBytes), at })
    this.#ownBytes += frame.length
  }

  /** What comes next; undefined where nothing waits. */
  take(): Taken | undefined {
    const at = this.#own[0]?.at ?? Number.POSITIVE_INFINITY
    if (at === this.#position) return this.#takeOwn()
    this.#broadcasts.step(this.#place)
    const { slab, offset } = this.#place
    const end = Math.min(slab.used, at - slab.base)
    if (end === offset) return undefined
    this.#place.offset = end
    return { bytes: slab.bytes.subarray(offset, end), slab }
  }

  /** The socket did not take all of what was taken last: those bytes stay as they are until `drained`. */
  hold({ slab }: Taken): void {
    this.drained()
    slab?.hold()
    this.#held = slab
  }

  drained(): void {
    this.#held?.release()
    this.#held = undefined
  }

  /** Nothing more waits for it. */
  clear(): void {
    this.#own.length = 0
    this.#ownBytes = 0
    do this.#place.offset = this.#place.slab.used
    while (this.#broadcasts.step(this.#place))
  }

  /** The client is none any more: what still waits is returned, and lies in buffers that are not written again. */
  leave(): Buffer[] {
    const left: Buffer[] = []
    for (let taken = this.take(); taken !== undefined; taken = this.take()) {
      taken.slab?.hold()
      left.push(taken.bytes)
    }
    this.#broadcasts.leave(this.#place.slab)
    return left
  }

  #takeOwn(): Taken | undefined {
    const chunk = this.#own.shift()?.chunk
    this.#ownBytes -= chunk?.length ?? 0
    return chunk === undefined ? undefined : { bytes: chunk.bytes }
  }
}
