/**
 * Where a loop that only reads history ends: at the journal's head as it was when it subscribed. Events say how far one
 * has come, but a reader of a part may never get the last one: so where nothing more waits the server is asked whether
 * it has sent all. Its answer comes after what it sent before, and one question is under way at a time.
 */

/** Asks how many bytes the server has still to send. Not answered where the link is lost. */
export type AskLag = (answered: (lagBytes: number) => void) => void

/** What becomes of an event: `last` is given and then the loop ends, `beyond` is not given any more. */
export type PlaceInHistory = 'before' | 'last' | 'beyond'

export class UntilHead {
  readonly #askLag: AskLag
  readonly #isIdle: () => boolean
  readonly #reached: () => void
  #head: number | undefined
  #asking = false

  constructor(askLag: AskLag, isIdle: () => boolean, reached: () => void) {
    this.#askLag = askLag
    this.#isIdle = isIdle
    this.#reached = reached
  }

  /** The first answer to Subscribe says where the end is. */
  subscribed(after: number, head: number): void {
    this.#head ??= head
    if (after >= this.#head) this.#reached()
  }

  placeOf(seq: number): PlaceInHistory {
    if (this.#head === undefined || seq < this.#head) return 'before'
    return seq === this.#head ? 'last' : 'beyond'
  }

  /** Asks whether anything is still to come, where the loop waits for it. */
  look(): void {
    if (this.#asking || this.#head === undefined || !this.#isIdle()) return
    this.#asking = true
    this.#askLag((lagBytes) => {
      this.#asking = false
      if (lagBytes === 0) this.#reached()
      else this.look()
    })
  }

  linkLost(): void {
    this.#asking = false
  }

  /** The journal is another one, or lost its end. */
  moved(head: number): void {
    this.#head = head
  }
}
