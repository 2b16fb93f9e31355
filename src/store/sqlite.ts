/**
 * Opens the store on disk: one SQLite file in the home directory, which one process at a time may write. Who only reads
 * uses journal-file.ts.
 */
import type { DatabaseSync } from 'node:sqlite'
import {
  JournalFault,
  closeQuietly,
  faultOf,
  journalPaths,
  openToWrite,
  prepareFile,
} from './journal-file.ts'
import { lockJournal } from './journal-lock.ts'
import { SqliteStore } from './sqlite-store.ts'
import type { SqliteStoreOptions } from './sqlite-store.ts'

export type SqliteStoreOutcome =
  { readonly ok: true; readonly store: SqliteStore } | { readonly ok: false; readonly message: string }

/** Opens the journal of a directory, made where it is missing. Refused with one sentence that says what to do. */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStoreOutcome {
  const { journal, lock: lockPath } = journalPaths(options.directory)
  let lock: DatabaseSync | undefined
  let database: DatabaseSync | undefined
  try {
    prepareFile(journal, options.directory)
    lock = lockJournal(lockPath)
    if (lock === undefined) throw new JournalFault(takenMessage(journal))
    database = openToWrite(journal, options.durability === 'full')
    return { ok: true, store: new SqliteStore(database, lock, journal, options) }
  } catch (error) {
    closeQuietly(database)
    closeQuietly(lock)
    return { ok: false, message: faultOf(journal, error).message }
  }
}

function takenMessage(path: string): string {
  return `The journal ${path} is in use by another process: stop that daemon (\`callboard stop\`), or wait for an import to end.`
}
