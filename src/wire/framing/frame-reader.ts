/**
 * Cuts a byte stream into frames. A frame that lies whole in one chunk is a view of it; of one that does not, large
 * chunks are kept as they are and small ones are copied into blocks that grow to 64 KiB, so that neither many small
 * chunks nor many idle links cost more than about their bytes. A chunk is the reader's from then on.
 * Linear time whatever the chunking. White space before a frame is no part of it, and an empty frame is no frame.
 */
import type { ForeignFraming } from './framing.ts'

const blockBytesMin = 256
const blockBytesMax = 64 * 1024

/** A chunk of this size or more is kept without a copy: copies of a large frame's chunks double what it costs. */
const keptChunkBytesMin = 16 * 1024

/** How much of a frame's start tells its framing. */
const headBytes = 64

export interface FrameReaderOptions {
  readonly delimiter: number
  readonly foreign?: ForeignFraming
  readonly frameBytesMax: number
}

export class FrameReader {
  readonly #delimiter: number
  readonly #foreign: ForeignFraming | undefined
  readonly #frameBytesMax: number
  /** All full but for the last. */
  #blocks: Buffer[] = []
  #lastBlockUsed = 0
  #pendingBytes = 0
  #pendingIsNew = false
  #emptyFrames = 0
  #isForeign = false

  constructor(options: FrameReaderOptions) {
    this.#delimiter = options.delimiter
    this.#foreign = options.foreign
    this.#frameBytesMax = options.frameBytesMax
  }

  /** Bytes of the frame that has begun and not ended. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** Whether that frame's first byte came with the last chunk. */
  get pendingIsNew(): boolean {
    return this.#pendingIsNew
  }

  /** Frames skipped because nothing, or only white space, stood in them. */
  get emptyFrames(): number {
    return this.#emptyFrames
  }

  /** Whether `read` gave false because the peer speaks the other framing. */
  get isForeign(): boolean {
    return this.#isForeign
  }

  /**
   * Gives every frame that ends in `chunk` to `take`, without its delimiter; it is valid as long as the chunk is.
   * False: a frame passes the limit, or the peer speaks another framing. Then the stream cannot be read on.
   */
  read(chunk: Buffer, take: (frame: Buffer) => void): boolean {
    let start = this.#pendingBytes === 0 ? this.#skip(chunk, 0) : 0
    this.#pendingIsNew = this.#pendingBytes === 0
    let foreignAt = this.#foreignAt(chunk, start)
    while (start < chunk.length) {
      const end = chunk.indexOf(this.#delimiter, start)
      const stop = end === -1 ? chunk.length : end
      // Each search begins where the last one ended: linear, and for real frames one look at the chunk.
      if (foreignAt !== -1 && foreignAt < start) foreignAt = this.#foreignAt(chunk, start)
      if (foreignAt !== -1 && foreignAt < stop && this.#beginsForeign(chunk.subarray(start, foreignAt))) {
        this.#isForeign = true
        return false
      }
      if (this.#pendingBytes + stop - start > this.#frameBytesMax) return false
      if (end === -1) {
        this.#keep(chunk, start)
        return true
      }
      take(this.#pendingBytes === 0 ? chunk.subarray(start, end) : this.#join(chunk.subarray(start, end)))
      this.#pendingIsNew = true
      start = this.#skip(chunk, end + 1)
    }
    return true
  }

  /** Forgets the unfinished frame. */
  clear(): void {
    for (const block of this.#blocks) free(block)
    this.#blocks = []
    this.#lastBlockUsed = 0
    this.#pendingBytes = 0
  }

  #foreignAt(chunk: Buffer, from: number): number {
    return this.#foreign === undefined ? -1 : chunk.indexOf(this.#foreign.delimiter, from)
  }

  /** Whether the frame that goes on with `rest` begins as one of the other framing. */
  #beginsForeign(rest: Buffer): boolean {
    // No block is smaller than what is looked at.
    const begun = this.#blocks[0]?.toString('latin1', 0, Math.min(headBytes, this.#pendingBytes)) ?? ''
    return (
      this.#foreign?.begins.test(begun + rest.toString('latin1', 0, Math.min(headBytes, rest.length))) ??
      false
    )
  }

  /** The first byte at or after `from` that begins a frame. */
  #skip(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte === this.#delimiter) this.#emptyFrames++
      else if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at
    }
    return chunk.length
  }

  #keep(chunk: Buffer, from: number): void {
    const bytes = chunk.length - from
    // Not where it is a small part of a larger buffer, or where a block is mostly empty: both would be kept with it.
    const wholly = bytes >= keptChunkBytesMin && bytes * 2 >= chunk.buffer.byteLength && this.#lastIsUsed()
    if (wholly) this.#keepWhole(chunk.subarray(from))
    else this.#copy(chunk, from)
  }

  #lastIsUsed(): boolean {
    const last = this.#blocks.at(-1)
    return last === undefined || this.#lastBlockUsed * 2 >= last.length
  }

  #keepWhole(piece: Buffer): void {
    const last = this.#blocks.pop()
    if (last !== undefined) this.#blocks.push(last.subarray(0, this.#lastBlockUsed))
    this.#blocks.push(piece)
    this.#lastBlockUsed = piece.length
    this.#pendingBytes += piece.length
  }

  #copy(chunk: Buffer, from: number): void {
    let at = from
    while (at < chunk.length) {
      let block = this.#blocks.at(-1)
      if (block === undefined || this.#lastBlockUsed === block.length) {
        block = Buffer.allocUnsafeSlow(this.#nextBlockBytes(chunk.length - at))
        this.#blocks.push(block)
        this.#lastBlockUsed = 0
      }
      const copied = chunk.copy(block, this.#lastBlockUsed, at)
      this.#lastBlockUsed += copied
      this.#pendingBytes += copied
      at += copied
    }
  }

  /** As much as is there already, so that blocks double and stay within twice the frame. */
  #nextBlockBytes(wanted: number): number {
    return Math.min(blockBytesMax, Math.max(blockBytesMin, this.#pendingBytes, wanted))
  }

  #join(tail: Buffer): Buffer {
    const full = this.#blocks.slice(0, -1)
    const last = this.#blocks.slice(-1).map((block) => block.subarray(0, this.#lastBlockUsed))
    const frame = Buffer.concat([...full, ...last, tail], this.#pendingBytes + tail.length)
    this.clear()
    return frame
  }
}

/** Gives a buffer's memory back at once: waiting for the garbage collector, 32 MiB frames pile up. */
function free({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
