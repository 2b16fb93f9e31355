/**
 * Frames that wait behind each other, as one piece of bytes: ten thousand small ones apart take several times their
 * bytes. The first is kept as it is given, and never written into: most wait alone, and some are shared.
 */

/** What a frame that gets company is copied into, at least. */
const joinedBytesMin = 512

export class Chunk {
  readonly #bytesMax: number
  #bytes: Buffer
  #used: number

  /** `bytesMax`: past it nothing is added; the first frame may be larger. */
  constructor(frame: Buffer, bytesMax: number) {
    this.#bytes = frame
    this.#used = frame.length
    this.#bytesMax = bytesMax
  }

  get length(): number {
    return this.#used
  }

  /** All its frames. Nothing may be added any more. */
  get bytes(): Buffer {
    return this.#used === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#used)
  }

  /** Adds a frame behind the others; false where it has no room for it. */
  add(frame: Buffer): boolean {
    const needed = this.#used + frame.length
    if (needed > this.#bytesMax) return false
    if (needed > this.#bytes.length) this.#grow(needed)
    this.#used += frame.copy(this.#bytes, this.#used)
    return true
  }

  #grow(needed: number): void {
    const bytes = Math.max(needed, Math.min(this.#bytesMax, Math.max(joinedBytesMin, needed * 2)))
    const grown = Buffer.allocUnsafeSlow(bytes)
    this.#bytes.copy(grown, 0, 0, this.#used)
    this.#bytes = grown
  }
}
