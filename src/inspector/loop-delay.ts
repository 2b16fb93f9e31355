/**
 * How late the event loop was: the same for all pages that ask within a second, since what is read is gone. The trap:
 * Node's histogram holds the time from one of its ticks to the next, which is never less than its resolution.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Of Node's histogram, nanoseconds. */
export interface TickHistogram {
  percentile(percentile: number): number
  reset(): void
  enable(): boolean
  disable(): boolean
}

export const tickMs = 10
/** Pages ask once a second, in batches. */
const readEveryMs = 900

export class LoopDelay implements Disposable {
  readonly #ticks: TickHistogram
  readonly #now: () => number
  #readAt: number
  #p99Ms = 0

  constructor(
    ticks: TickHistogram = monitorEventLoopDelay({ resolution: tickMs }),
    now: () => number = () => performance.now(),
  ) {
    this.#ticks = ticks
    this.#now = now
    this.#readAt = now()
    ticks.enable()
  }

  /** Milliseconds, of about the last second; 0 before the first has passed. */
  get p99Ms(): number {
    const now = this.#now()
    if (now - this.#readAt < readEveryMs) return this.#p99Ms
    this.#readAt = now
    this.#p99Ms = Math.max(0, this.#ticks.percentile(99) / 1e6 - tickMs)
    this.#ticks.reset()
    return this.#p99Ms
  }

  [Symbol.dispose](): void {
    this.#ticks.disable()
  }
}
