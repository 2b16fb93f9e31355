/**
 * One thing at a time, as an actor's mailbox has it: what comes while a step is being done waits until that is done.
 * Owner: the broker actor. What waits is bounded by who posts: links by their number and their reads, the machine's events
 * by the tasks that live.
 */
type Step = () => void

export class Mailbox {
  readonly #failed: (error: unknown) => void
  readonly #waiting: Step[] = []
  #isBusy = false

  /** `failed` is told what a posted step throws; the others are done all the same. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  /** A step is being done. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Does a step now, or when what is being done is done, in the order of posting. */
  post(step: Step): void {
    this.#waiting.push(step)
    if (!this.#isBusy) this.#doWaiting()
  }

  /** Does a step now, then what came meanwhile; throws what the step throws. Not to be called while busy. */
  run(step: Step): void {
    try {
      this.#do(step)
    } finally {
      this.#doWaiting()
    }
  }

  #doWaiting(): void {
    for (let step = this.#waiting.shift(); step !== undefined; step = this.#waiting.shift()) {
      try {
        this.#do(step)
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  #do(step: Step): void {
    this.#isBusy = true
    try {
      step()
    } finally {
      this.#isBusy = false
    }
  }
}
