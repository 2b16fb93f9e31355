/** A runner's clock that stands until it is wound. */
import type { Clock } from '../../src/runners/clock.ts'

export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ readonly at: number; readonly act: () => void }>()

  now(): number {
    return this.#now
  }

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#now + ms, act }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Milliseconds to the next timer; undefined where none runs. */
  get next(): number | undefined {
    const times = Array.from(this.#timers, ({ at }) => at - this.#now)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  wind(ms: number): void {
    this.#now += ms
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      this.#timers.delete(timer)
      timer.act()
    }
  }
}
