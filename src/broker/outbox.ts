/**
 * Direct answers that wait for one link: bounded, in order. At its bound the daemon stops reading that link and routes
 * nothing more of it, so that a client which never takes its replies cannot grow the daemon.
 */
import { Chunk } from './chunk.ts'

export class Outbox {
  readonly #bytesMax: number
  readonly #writeBytes: number
  readonly #chunks: Chunk[] = []
  #waiting = 0

  /** `writeBytes`: of what is taken at once, but for a single frame. */
  constructor(bytesMax: number, writeBytes: number) {
    this.#bytesMax = bytesMax
    this.#writeBytes = writeBytes
  }

  get bytes(): number {
    return this.#waiting
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0
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
    const last = this.#chunks.at(-1)
    if (last === undefined || !last.add(frame)) this.#chunks.push(new Chunk(frame, this.#writeBytes))
    this.#waiting += frame.length
  }

  /** Takes whole frames for one write; undefined where there is none. */
  take(): Buffer | undefined {
    const chunk = this.#chunks.shift()
    this.#waiting -= chunk?.length ?? 0
    return chunk?.bytes
  }

  clear(): void {
    this.#chunks.length = 0
    this.#waiting = 0
  }
}
