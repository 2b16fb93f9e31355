/**
 * The few numbers and words that the journal keeps of itself, so that opening it need not count. `events` was true when
 * the last event was `countedThrough`: what came after is counted at the next opening.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integerOf, textOf } from './columns.ts'

export const numbers = ['head', 'firstAvailable', 'events', 'countedThrough', 'clock', 'wall'] as const
export type NumberName = (typeof numbers)[number]

export class Facts {
  readonly #get: StatementSync
  readonly #set: StatementSync

  constructor(database: DatabaseSync) {
    this.#get = database.prepare('SELECT value FROM facts WHERE name = ?')
    this.#set = database.prepare(
      'INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
  }

  number(name: NumberName): number | undefined {
    const row = this.#get.get(name)
    return row === undefined ? undefined : integerOf(row, 'value')
  }

  setNumber(name: NumberName, value: number): void {
    this.#set.run(name, value)
  }

  /** Empty where the journal has none yet. */
  get journalId(): string {
    return textOf(this.#get.get('journalId'), 'value')
  }

  set journalId(id: string) {
    this.#set.run('journalId', id)
  }
}
