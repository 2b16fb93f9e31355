/**
 * Bytes of frames that have begun and not ended, over all links of a daemon: one budget and one deadline. A Decoder
 * holds an UnfinishedFrame and reports to it once per chunk. The link that is broken may be another than the one that
 * pushes, hence the callback. Its owner calls `sweep` every `limits.frameSweepMs`.
 */
import { limits } from '../limits.ts'
import { rejection } from './rejection.ts'
import type { Rejection } from './rejection.ts'

export interface UnfinishedFramesOptions {
  readonly bytesMax?: number
  readonly deadlineMs?: number
}

/** One decoder's part of the budget. */
export interface UnfinishedFrame {
  /** Reports `bytes` of an unfinished frame whose first byte came at `sinceMs`. A rejection: this one is broken. */
  hold(bytes: number, sinceMs: number): Rejection | undefined
  /** Gives everything back. */
  release(): void
}

interface Held {
  bytes: number
  sinceMs: number
  readonly broken: (reason: Rejection) => void
}

export class UnfinishedFrames {
  readonly #bytesMax: number
  readonly #deadlineMs: number
  /** Those with bytes. */
  readonly #held = new Set<Held>()
  #bytes = 0

  constructor(options: UnfinishedFramesOptions = {}) {
    this.#bytesMax = options.bytesMax ?? limits.unfinishedBytesMax
    this.#deadlineMs = options.deadlineMs ?? limits.frameDeadlineMs
  }

  /** Bytes held over all decoders. */
  get bytes(): number {
    return this.#bytes
  }

  /** Decoders that hold some. */
  get frames(): number {
    return this.#held.size
  }

  /**
   * Opens a decoder's part. `broken` is called when another decoder's push or the sweep breaks it, never from its own
   * `hold`, and after it nothing is held; it must not throw.
   */
  open(broken: (reason: Rejection) => void): UnfinishedFrame {
    const mine: Held = { bytes: 0, sinceMs: 0, broken }
    return {
      hold: (bytes, sinceMs) => this.#hold(mine, bytes, sinceMs),
      release: () => this.#drop(mine),
    }
  }

  /** Breaks every decoder whose unfinished frame began more than the deadline before `nowMs`. */
  sweep(nowMs: number): void {
    for (const one of this.#held) {
      if (nowMs - one.sinceMs <= this.#deadlineMs) continue
      this.#drop(one)
      one.broken(tooSlow(this.#deadlineMs))
    }
  }

  #hold(mine: Held, bytes: number, sinceMs: number): Rejection | undefined {
    this.#bytes += bytes - mine.bytes
    mine.bytes = bytes
    mine.sinceMs = sinceMs
    if (bytes === 0) this.#held.delete(mine)
    else this.#held.add(mine)
    let mineBroken: Rejection | undefined
    while (this.#bytes > this.#bytesMax) {
      const most = this.#most(mine)
      this.#drop(most)
      if (most === mine) mineBroken = tooMuch(this.#bytesMax)
      else most.broken(tooMuch(this.#bytesMax))
    }
    return mineBroken
  }

  #most(mine: Held): Held {
    let most = mine
    for (const one of this.#held) if (one.bytes > most.bytes) most = one
    return most
  }

  #drop(one: Held): void {
    this.#bytes -= one.bytes
    one.bytes = 0
    this.#held.delete(one)
  }
}

function tooSlow(deadlineMs: number): Rejection {
  return rejection(
    'invalid_frame',
    `A frame did not end within ${deadlineMs} ms. Connect again and send it whole.`,
  )
}

function tooMuch(bytesMax: number): Rejection {
  const why = `unfinished frames of all links passed ${bytesMax} bytes, and this link held the most`
  return rejection('limit_exceeded', `Closed: ${why}. Connect again and send smaller frames.`)
}
