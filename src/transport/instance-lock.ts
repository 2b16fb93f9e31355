/**
 * One daemon at a time for a home and for a socket: an exclusive SQLite transaction on a lock file. The kernel drops it
 * with the process, however that ends, so there is no stale lock; the empty file stays. It never becomes a database:
 * nothing is written to it, and the journal that the transaction opens at once is kept in memory.
 * The trap: closing any descriptor of a file drops all of a process's POSIX locks on it, so this process must not open
 * a lock file by other means while it holds it.
 */
import { accessSync, closeSync, constants, lstatSync, openSync, realpathSync } from 'node:fs'
import { basename, dirname, join, win32 } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { codeOf } from './error-code.ts'
import { pathReady, pathRefused, type PathOutcome } from './path-outcome.ts'

export interface Lock {
  readonly path: string
  /**
   * Releases it. The file stays: another process may have opened it already, and would then lock a file without a name,
   * beside a third one that makes the name anew. Idempotent.
   */
  close(): void
}

/** The lock of a socket, beside it under its directory's real path; for a Windows pipe in `tmpdir`. Throws ENOENT. */
export function socketLockPath(socketPath: string, platform: NodeJS.Platform, tmpdir: string): string {
  if (platform === 'win32') return join(tmpdir, `${win32.basename(socketPath)}.lock`)
  return join(realpathSync(dirname(socketPath)), `${basename(socketPath)}.lock`)
}

/** The lock of a home directory. Throws ENOENT where it does not exist. */
export function homeLockPath(home: string): string {
  return join(realpathSync(home), 'daemon.lock')
}

/** Locks the file, made with mode 0600 where it is missing. Refused at once, `taken`, while another process has it. */
export function acquireLock(path: string): PathOutcome<Lock> {
  const fault = makeLockFile(path)
  if (fault !== undefined) return pathRefused('misconfigured', fault)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path)
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE')
    database.exec('BEGIN EXCLUSIVE')
    return pathReady(new FileLock(path, database))
  } catch (error) {
    database?.close()
    return isBusy(error)
      ? pathRefused('taken', takenMessage(path))
      : pathRefused('misconfigured', unusable(path, error))
  }
}

/** Made by us and not by SQLite, for the mode. Only where it is missing: see the trap above. */
function makeLockFile(path: string): string | undefined {
  try {
    closeSync(openSync(path, 'wx', 0o600))
    return undefined
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') return unusable(path, error)
  }
  return existingFault(path)
}

/** SQLite opens what it may not write as read-only, and `BEGIN EXCLUSIVE` then locks nothing. */
function existingFault(path: string): string | undefined {
  try {
    if (!lstatSync(path).isFile()) return `the lock ${path} is not a regular file: remove it`
    accessSync(path, constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    return unusable(path, error)
  }
}

function unusable(path: string, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  return `the lock ${path} cannot be used (${why}): check that it and its directory are yours, or remove it`
}

function takenMessage(path: string): string {
  return `another daemon holds the lock ${path}: use that one, or stop it first`
}

const sqliteBusy = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
}

class FileLock implements Lock {
  readonly path: string
  readonly #database: DatabaseSync

  constructor(path: string, database: DatabaseSync) {
    this.path = path
    this.#database = database
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}
