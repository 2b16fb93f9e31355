/**
 * How many settled tasks there are by state. They are counted when somebody first asks, and from then on with each
 * record that is written or dropped: going through them all takes longer the more there are. The trap: what was counted
 * in a transaction that failed must be forgotten.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integerOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'

export class SettledCounts {
  readonly #all: StatementSync
  readonly #stateOf: StatementSync
  readonly #stateAt: StatementSync
  /** Tasks that were last saved as live: they are not among the settled, which needs no look. */
  readonly #live = new Set<string>()
  #counts: Map<string, number> | undefined

  constructor(database: DatabaseSync) {
    const settled = 'phase = 1 AND listed IS NOT NULL'
    const state = `SELECT listed ->> '$.state' AS state`
    this.#all = database.prepare(`${state}, count(*) AS count FROM tasks WHERE ${settled} GROUP BY 1`)
    this.#stateOf = database.prepare(`${state} FROM tasks WHERE id = ? AND ${settled}`)
    this.#stateAt = database.prepare(`${state} FROM tasks WHERE ref = ? AND ${settled}`)
  }

  read(): Record<string, number> {
    this.#counts ??= new Map(
      this.#all.all().map((row) => [textOf(row, 'state'), integerOf(row, 'count')] as const),
    )
    return Object.fromEntries([...this.#counts].filter(([, count]) => count > 0))
  }

  /** A record is about to be written; undefined where it is a live task's. */
  saving(id: string, settledState: string | undefined): void {
    if (!this.#live.has(id) && this.#counts !== undefined) this.#leave(this.#stateOf.get(id))
    if (settledState === undefined) this.#live.add(id)
    else this.#live.delete(id)
    if (settledState !== undefined) this.#change(settledState, 1)
  }

  /** The row of a settled task is about to go. */
  leaving(ref: number): void {
    if (this.#counts !== undefined) this.#leave(this.#stateAt.get(ref))
  }

  /** Which tasks live is to be looked up again. */
  forgetLive(): void {
    this.#live.clear()
  }

  /** All is to be counted again. */
  forget(): void {
    this.#counts = undefined
  }

  #leave(row: Row | undefined): void {
    if (row !== undefined) this.#change(textOf(row, 'state'), -1)
  }

  #change(state: string, by: number): void {
    this.#counts?.set(state, (this.#counts.get(state) ?? 0) + by)
  }
}
