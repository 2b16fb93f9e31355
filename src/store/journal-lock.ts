/**
 * One writer at a time for a journal: an exclusive SQLite transaction on an empty file beside it, which the kernel
 * drops with the process. Readers (`callboard store info`) need no lock, so the journal itself must not carry it.
 */
import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { sqliteCode } from './failure.ts'

const sqliteBusy = 5

/** The lock, to be closed; undefined while another process or store has it. Throws where the file cannot be used. */
export function lockJournal(path: string): DatabaseSync | undefined {
  // Made by us and not by SQLite, for the mode; never opened otherwise: closing it would drop the lock.
  makeIfMissing(path)
  const lock = new DatabaseSync(path)
  try {
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (sqliteCode(error) === sqliteBusy) return undefined
    throw error
  }
}

export function makeIfMissing(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}
