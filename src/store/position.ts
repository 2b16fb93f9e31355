/**
 * Where the journal stands: its last event, the first that can be read, how many there are, and retention's time. They
 * live in memory and are kept in the file at times that make the next opening quick; what came after is counted then.
 */
import type { DatabaseSync } from 'node:sqlite'
import { integerOf } from './columns.ts'
import { Facts } from './facts.ts'
import { RetentionClock } from './retention-clock.ts'

export class Position {
  readonly clock: RetentionClock
  head: number
  firstAvailable: number
  events: number
  readonly #facts: Facts

  /** Reads where the last daemon left it, however that ended. */
  constructor(database: DatabaseSync, now: () => number) {
    this.#facts = new Facts(database)
    const row = database
      .prepare('SELECT max(first + count - 1) AS last, sum(count) AS events FROM segments WHERE first > ?')
      .get(this.#facts.number('countedThrough') ?? 0)
    this.head = Math.max(this.#facts.number('head') ?? 0, integerOf(row, 'last'))
    this.firstAvailable = this.#facts.number('firstAvailable') ?? 1
    this.events = (this.#facts.number('events') ?? 0) + integerOf(row, 'events')
    this.clock = new RetentionClock(now, this.#facts.number('wall'), this.#facts.number('clock'))
  }

  get journalId(): string {
    return this.#facts.journalId
  }

  set journalId(id: string) {
    this.#facts.journalId = id
  }

  /** Notes what was committed. */
  advance(events: number): void {
    this.head += events
    this.events += events
  }

  /** Notes what retention takes: so many events, the last of them `through`. */
  drop(events: number, through: number): void {
    this.events -= events
    this.firstAvailable = Math.max(this.firstAvailable, through + 1)
  }

  /** Remembers where it stands; what is returned goes back there. */
  mark(): () => void {
    const { head, events, firstAvailable } = this
    return () => {
      Object.assign(this, { head, events, firstAvailable })
    }
  }

  /** Keeps all of it in the file, in a transaction of the caller's. */
  save(): void {
    this.#facts.setNumber('clock', this.clock.look())
    this.#facts.setNumber('wall', this.clock.wall)
    this.#facts.setNumber('head', this.head)
    this.#facts.setNumber('countedThrough', this.head)
    this.#facts.setNumber('events', this.events)
    this.#facts.setNumber('firstAvailable', this.firstAvailable)
  }
}
