/**
 * When a run's output is not read for a while: until the turn's events are out, while the store takes nothing, and
 * while the client that started the task is far behind but still reads, so that it does not lose output to retention.
 * A client that does not read at all holds nobody up, and no other client's reading does.
 */
import type { Limits } from '../limits.ts'
import type { LiveTask } from './live-task.ts'

/** How the reader that a task was started for stands. */
export interface ReaderProgress {
  readonly lagBytes: number
  /** When something last left to it, in milliseconds of `now`. */
  readonly movedAt: number
}

export interface PacingOptions {
  readonly limits: Limits
  readonly now: () => number
  /** Bytes journaled in this turn. */
  readonly turnBytes: () => number
  /** Continues to read a run's output. Must not throw. */
  readonly readOn: (task: LiveTask) => void
  /** Undefined where the client that started it is not connected. */
  readonly progressOf: (task: LiveTask) => ReaderProgress | undefined
}

export class Pacing {
  readonly #options: PacingOptions
  readonly #paused = new Set<LiveTask>()
  #recheck: NodeJS.Timeout | undefined

  constructor(options: PacingOptions) {
    this.#options = options
  }

  /** To be called after a run's output was journaled. */
  produced(task: LiveTask): void {
    const { limits, turnBytes } = this.#options
    const { turnAppendBytesMax, paceHighBytes } = limits
    if (turnBytes() < turnAppendBytesMax && !this.#isHeldUp(task, (lag) => lag >= paceHighBytes)) return
    this.#paused.add(task)
    task.run?.pause()
  }

  /** To be called after each delivery: what waited for nothing but that is read on. */
  flushed(): void {
    if (this.#paused.size === 0) return
    const { paceLowBytes } = this.#options.limits
    for (const task of this.#paused) {
      if (task.held > 0 || this.#isHeldUp(task, (lag) => lag > paceLowBytes)) continue
      this.#paused.delete(task)
      this.#options.readOn(task)
    }
    if (this.#paused.size > 0) this.#lookAgain()
  }

  /** Not read on while it has steps that wait for the store. */
  hold(task: LiveTask): void {
    this.#paused.add(task)
    task.run?.pause()
  }

  forget(task: LiveTask): void {
    this.#paused.delete(task)
  }

  /** Whether the client that started it is behind, and reads. */
  #isHeldUp(task: LiveTask, isBehind: (lagBytes: number) => boolean): boolean {
    const progress = this.#options.progressOf(task)
    if (progress === undefined || !isBehind(progress.lagBytes)) return false
    return this.#options.now() - progress.movedAt < this.#options.limits.paceStallMs
  }

  /** A reader that has stopped reading causes no delivery that would call `flushed`. */
  #lookAgain(): void {
    this.#recheck ??= setTimeout(() => {
      this.#recheck = undefined
      this.flushed()
    }, this.#options.limits.paceStallMs)
    this.#recheck.unref()
  }
}
