/**
 * While the store cannot commit: commands that would change something are refused, what runs tell waits here in order,
 * and the store is tried until it takes something again. Reading and questions go on.
 */
import { isStoreUnavailable } from '../broker/transaction.ts'
import type { ConnectionLog } from './connection-log.ts'

export interface OutageOptions {
  /** Throws where a commit would not work. */
  readonly probe: () => void
  readonly retryMs: number
  readonly log: ConnectionLog
  /** What waited has been done. */
  readonly over: () => void
}

export class Outage {
  readonly #options: OutageOptions
  readonly #held: (() => void)[] = []
  #reason: string | undefined
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(options: OutageOptions) {
    this.#options = options
  }

  /** Why nothing can be committed, in a sentence; undefined where it can. */
  get reason(): string | undefined {
    return this.#reason
  }

  /** The store refused a commit. */
  note(error: Error): void {
    if (this.#reason === undefined)
      this.#options.log.error({ err: error }, 'the store cannot commit: nothing is changed until it can')
    this.#reason = error.message
    this.#lookLater()
  }

  /** Does `work` once the store takes something again, after what waits already. It may throw StoreUnavailable. */
  hold(work: () => void): void {
    this.#held.push(work)
  }

  /** Ends waiting: what is held is never done. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#isOver = true
    this.#held.length = 0
  }

  #lookLater(): void {
    if (this.#isOver) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#look()
    }, this.#options.retryMs).unref()
  }

  #look(): void {
    try {
      this.#options.probe()
    } catch (error) {
      this.note(error instanceof Error ? error : new Error(String(error)))
      return
    }
    this.#reason = undefined
    if (!this.#doHeld()) return
    this.#options.log.info('the store commits again')
    this.#options.over()
  }

  /** False where the store refused again: the rest goes on waiting. */
  #doHeld(): boolean {
    for (let work = this.#held.shift(); work !== undefined; work = this.#held.shift()) {
      try {
        work()
      } catch (error) {
        if (isStoreUnavailable(error)) {
          this.#held.unshift(work)
          return false
        }
        this.#options.log.error({ err: error }, 'what waited for the store failed')
      }
    }
    return true
  }
}
