/**
 * Buffers that pieces of the journal are read into: one is given back when no socket holds it, and used again. Else a
 * replay to many readers would leave its own size as garbage, which grows the process faster than it is collected.
 */
export class Rooms {
  readonly #bytes: number
  readonly #keptMax: number
  readonly #free: Buffer[] = []

  /** `bytes` of each; `keptMax` free ones are kept, others are left to the garbage collector. */
  constructor(bytes: number, keptMax: number) {
    this.#bytes = bytes
    this.#keptMax = keptMax
  }

  /** What stands in it is of earlier use. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#bytes)
  }

  /** Nobody may read it any more. */
  give(room: Buffer): void {
    if (this.#free.length < this.#keptMax) this.#free.push(room)
  }
}
