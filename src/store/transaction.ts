/**
 * One transaction at a time on the writer's connection. It is rolled back whatever was thrown, so that the connection
 * works again as soon as the cause is gone.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { unavailable } from './failure.ts'

export class Transactions {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #rollback: StatementSync
  #erasing = false
  #erased = false

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    this.#rollback = database.prepare('ROLLBACK')
  }

  /** Does `work` and commits it. Throws StoreUnavailable, or what `work` threw; then nothing of it was kept. */
  run<T>(work: () => T): T {
    try {
      this.#begin.run()
      const result = work()
      this.#commit.run()
      this.#erased ||= this.#erasing
      return result
    } catch (error) {
      // SQLite ends the transaction itself after some failures.
      if (this.#database.isOpen && this.#database.isTransaction) this.#rollback.run()
      throw unavailable(this.#path, 'be written', error)
    } finally {
      if (this.#erasing) this.#setErasing(false)
    }
  }

  /** From here to the end of this transaction, what is deleted or replaced is overwritten with zeros. */
  erase(): void {
    if (!this.#erasing) this.#setErasing(true)
  }

  /** Whether anything was erased since it was asked last: the write-ahead log still holds it. */
  takeErased(): boolean {
    const erased = this.#erased
    this.#erased = false
    return erased
  }

  #setErasing(erasing: boolean): void {
    this.#erasing = erasing
    this.#database.exec(`PRAGMA secure_delete = ${erasing ? 'ON' : 'FAST'}`)
  }
}
