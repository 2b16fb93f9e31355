/**
 * Direct answers that wait for one link: bounded, in order. At its bound the daemon stops reading that link and routes
 * nothing more of it, so that a client which never takes its replies cannot grow the daemon.
 */

export class Outbox {
  readonly #bytesMax: number
  readonly #frames: Buffer[] = []
  #waiting = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#waiting
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0
  }

  /** At the bound: nothing more may be asked for on this link. */
  get isFull(): boolean {
    return this.#waiting >= this.#bytesMax
  }

  /** Half empty again: the link may be read on. */
  get hasRoom(): boolean {
    return this.#waiting <= this.#bytesMax / 2
  }

  push(frame: Buffer): void {
    this.#frames.push(frame)
    this.#waiting += frame.length
  }

  /** Takes whole frames of about `bytes` together; undefined where there is none. */
  take(bytes: number): Buffer | undefined {
    const first = this.#frames[0]
    if (first === undefined) return undefined
    let count = 1
    let length = first.length
    for (const frame of this.#frames.slice(1)) {
      if (length + frame.length > bytes) break
      length += frame.length
      count++
    }
    this.#waiting -= length
    const taken = this.#frames.splice(0, count)
    return count === 1 ? first : Buffer.concat(taken, length)
  }

  clear(): void {
    this.#frames.length = 0
    this.#waiting = 0
  }
}
