/** The starts of daemons on this journal, so that who comes back from an earlier one is told what it has missed. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integerOf } from './columns.ts'

export class Starts {
  readonly #database: DatabaseSync
  readonly #head: StatementSync
  readonly #keptMax: number

  /** At most `keptMax` are known. */
  constructor(database: DatabaseSync, keptMax: number) {
    this.#keptMax = keptMax
    this.#database = database
    this.#head = database.prepare('SELECT head FROM starts WHERE number = ?')
  }

  /** Writes one, in a transaction of the caller's; returns its number. `at` in milliseconds since the Unix epoch. */
  begin(head: number, at: number): number {
    const earlier = this.#database.prepare('SELECT max(number) AS number FROM starts').get()
    const number = integerOf(earlier, 'number') + 1
    this.#database.prepare('INSERT INTO starts VALUES (?, ?, ?)').run(number, head, at)
    this.#database.prepare('DELETE FROM starts WHERE number <= ?').run(number - this.#keptMax)
    return number
  }

  /** The last sequence of a start before the current one. */
  lastOf(number: number): number | undefined {
    if (this.#head.get(number) === undefined) return undefined
    const next = this.#head.get(number + 1)
    return next === undefined ? undefined : integerOf(next, 'head')
  }
}
