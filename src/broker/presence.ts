/**
 * Native clients that came and left since that was last told: told at once where nothing was told for a while, else
 * together when that while is over. Who came and left within it stands in both lists. Owner: the broker actor, which
 * keeps the timer.
 */
import type { TaskEvent } from '../wire/events.ts'

type Comings = Extract<TaskEvent, { eventName: 'clientsChanged' }>['payload'][0]
export type Present = Comings['joined'][number]

export class Presence {
  readonly #everyMs: number
  #joined: Present[] = []
  #left: Present[] = []
  #toldAt = -Infinity

  /** `everyMs`: they are told at most this often. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs
  }

  joined(client: Present): void {
    this.#joined.push(client)
  }

  left(client: Present): void {
    this.#left.push(client)
  }

  /** When there is something to tell: `now` or later; undefined where there is nothing. */
  dueAt(now: number): number | undefined {
    if (this.#joined.length + this.#left.length === 0) return undefined
    return Math.max(now, this.#toldAt + this.#everyMs)
  }

  /** What is to be told now; undefined where there is nothing. */
  take(now: number): Comings | undefined {
    if (this.#joined.length + this.#left.length === 0) return undefined
    const news = { joined: this.#joined, left: this.#left }
    this.#joined = []
    this.#left = []
    this.#toldAt = now
    return news
  }
}
