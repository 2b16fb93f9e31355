/** A SimulatedClock that tells which waits were asked for and how many timers are running. */
import { SimulatedClock } from 'xstate'
import type { Timers } from '../../src/actors/client-actor.ts'

export class RecordingClock implements Timers {
  /** Milliseconds of every timer that was set. */
  readonly waits: number[] = []
  readonly #clock = new SimulatedClock()
  readonly #running = new Set<number>()

  get running(): number {
    return this.#running.size
  }

  setTimeout(run: () => void, ms: number): number {
    this.waits.push(ms)
    const id = this.#clock.setTimeout(() => {
      this.#running.delete(id)
      run()
    }, ms)
    this.#running.add(id)
    return id
  }

  clearTimeout(id: number): void {
    this.#running.delete(id)
    this.#clock.clearTimeout(id)
  }

  increment(ms: number): void {
    this.#clock.increment(ms)
  }
}
