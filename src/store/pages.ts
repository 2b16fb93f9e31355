/** How large the journal's file is, in bytes, and how large it may become. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integerOf } from './columns.ts'

export class Pages {
  readonly #database: DatabaseSync
  readonly #count: StatementSync
  readonly #free: StatementSync
  readonly #pageBytes: number

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#count = database.prepare('PRAGMA page_count')
    this.#free = database.prepare('PRAGMA freelist_count')
    this.#pageBytes = integerOf(database.prepare('PRAGMA page_size').get(), 'page_size')
  }

  /** Bytes that are in use: what was deleted leaves room for what comes. */
  get usedBytes(): number {
    const pages = integerOf(this.#count.get(), 'page_count')
    return (pages - integerOf(this.#free.get(), 'freelist_count')) * this.#pageBytes
  }

  /** As if its disk had no room for more; it never goes below what it has. */
  limit(bytesMax: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / this.#pageBytes))}`)
  }
}
