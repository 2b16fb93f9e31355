/**
 * The journal's file: where it lies, whose it is, and how it is opened. Whatever is wrong with it is one sentence that
 * says what to do; nothing is repaired or removed by itself.
 */
import { accessSync, chmodSync, constants, existsSync, lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { outerReason } from './failure.ts'
import { makeIfMissing } from './journal-lock.ts'
import { isOurs, migrate, schemaVersion, versionOf } from './schema.ts'

/** A file that cannot be used, as a sentence. */
export class JournalFault extends Error {
  override readonly name = 'JournalFault'
}

export interface JournalPaths {
  readonly journal: string
  readonly lock: string
}

/** Where the journal of a home directory lies. */
export function journalPaths(directory: string): JournalPaths {
  return { journal: join(directory, 'journal.sqlite'), lock: join(directory, 'journal.lock') }
}

/** What a file of the journal's is called beside it, while it is open. */
const companions = ['-wal', '-shm'] as const

/** Makes the file, 0600, where it is missing. Throws JournalFault where it cannot be used, or by whom. */
export function prepareFile(path: string, directory: string): void {
  try {
    if (!statSync(directory).isDirectory())
      throw new JournalFault(`The home ${directory} is not a directory.`)
    makeIfMissing(path)
    for (const file of [path, ...companions.map((ending) => path + ending)]) keepPrivate(file)
  } catch (error) {
    throw faultOf(path, error)
  }
}

function keepPrivate(path: string): void {
  if (!existsSync(path)) return
  const stats = lstatSync(path)
  if (!stats.isFile()) throw new JournalFault(`The journal ${path} is not a regular file: move it away.`)
  const uid = process.geteuid?.() ?? stats.uid
  if (stats.uid !== uid)
    throw new JournalFault(
      `The journal ${path} belongs to another user (uid ${stats.uid}): move it away, or make it your own.`,
    )
  // SQLite gives -wal and -shm the mode of the file itself.
  if ((stats.mode & 0o077) !== 0) chmodSync(path, 0o600)
  accessSync(path, constants.R_OK | constants.W_OK)
}

/** Opens a prepared file to write and brings it up to date. Throws JournalFault. */
export function openToWrite(path: string, full: boolean): DatabaseSync {
  return opened(path, {}, (database) => {
    database.exec('PRAGMA busy_timeout = 2000; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = FAST')
    refuseOther(path, database)
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${full ? 'FULL' : 'NORMAL'}`)
    database.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4096')
    migrate(database)
    // From here on waiting would stop the event loop: whoever writes besides us must not.
    database.exec('PRAGMA busy_timeout = 20')
  })
}

/** Opens a file to read, also beside a daemon that writes to it. Throws JournalFault. */
export function openToRead(path: string): DatabaseSync {
  if (!existsSync(path))
    throw new JournalFault(
      `There is no journal ${path} yet: a daemon makes it, but for one that keeps nothing.`,
    )
  return opened(path, { readOnly: true }, (database) => {
    database.exec('PRAGMA busy_timeout = 2000')
    refuseOther(path, database)
    if (versionOf(database) < schemaVersion)
      throw new JournalFault(
        `The journal ${path} was made by an older Callboard: a daemon of this one updates it, start it once.`,
      )
  })
}

function opened(
  path: string,
  options: { readonly readOnly?: boolean },
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, options)
    prepare(database)
    return database
  } catch (error) {
    closeQuietly(database)
    throw faultOf(path, error)
  }
}

function refuseOther(path: string, database: DatabaseSync): void {
  if (!isOurs(database))
    throw new JournalFault(
      `The file ${path} is another program's database, not a journal: move it away, then a new one is made.`,
    )
  const version = versionOf(database)
  if (version > schemaVersion)
    throw new JournalFault(
      `The journal ${path} was made by a newer Callboard (version ${version} of the file, this one knows up to ` +
        `${schemaVersion}): update this one, or move the file away.`,
    )
}

/** Closes a connection of which something may have failed before. */
export function closeQuietly(database: DatabaseSync | undefined): void {
  try {
    if (database?.isOpen === true) database.close()
  } catch {
    // What is wrong with it has been said.
  }
}

/** Whatever was thrown while the file was opened, as a sentence. */
export function faultOf(path: string, error: unknown): JournalFault {
  if (error instanceof JournalFault) return error
  const why = outerReason(error) ?? systemReason(error)
  return new JournalFault(
    `The journal ${path} cannot be opened: ${why}. Put that right, or move the file away and a new one is made.`,
    { cause: error },
  )
}

/** What a failed system call says, without its path: `EACCES: permission denied`. */
function systemReason(error: unknown): string {
  return error instanceof Error ? (error.message.split(',')[0] ?? error.message) : String(error)
}
