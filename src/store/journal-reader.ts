/**
 * A journal that is only read, beside a daemon that writes to it or without one. Nothing is read in one transaction:
 * a reader that is slow, or stopped by its own reader, would keep the daemon's write-ahead log from being reused.
 */
import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integerOf, textOf } from './columns.ts'
import { unavailable } from './failure.ts'
import { closeQuietly, faultOf, journalPaths, openToRead } from './journal-file.ts'
import { Position } from './position.ts'
import { versionOf } from './schema.ts'
import { Segments } from './segments.ts'
import type { StoredEvent, TaskRecord } from './store.ts'

export interface JournalInfo {
  readonly path: string
  /** Of the file's tables. */
  readonly version: number
  readonly journalId: string
  /** How many times a daemon has opened it. */
  readonly starts: number
  /** Milliseconds since the Unix epoch. */
  readonly lastStartAt: number
  readonly head: number
  readonly firstAvailable: number
  readonly events: number
  readonly tasks: number
  /** Tasks that are neither settled nor closed. */
  readonly unsettled: number
  /** Of the file, what of it is free for reuse, and of the write-ahead log. */
  readonly fileBytes: number
  readonly freeBytes: number
  readonly logBytes: number
}

/** Bytes of one read. */
const readBytes = 256 * 1024

export class JournalReader {
  readonly path: string
  readonly database: DatabaseSync
  readonly #segments: Segments
  readonly #task: StatementSync

  /** Opens the journal of a home directory. Throws JournalFault. */
  constructor(directory: string) {
    this.path = journalPaths(directory).journal
    this.database = openToRead(this.path)
    try {
      this.#segments = new Segments(this.database)
      this.#task = this.database.prepare(
        'SELECT ref, listed FROM tasks WHERE ref > ? AND listed IS NOT NULL ORDER BY ref LIMIT 100',
      )
    } catch (error) {
      this.close()
      throw faultOf(this.path, error)
    }
  }

  info(): JournalInfo {
    return this.#reading(() => {
      const position = new Position(this.database, Date.now)
      const start = this.database.prepare('SELECT number, at FROM starts ORDER BY number DESC LIMIT 1').get()
      const pageBytes = this.#pragma('page_size')
      return {
        path: this.path,
        version: versionOf(this.database),
        journalId: position.journalId,
        starts: integerOf(start, 'number'),
        lastStartAt: integerOf(start, 'at'),
        head: position.head,
        firstAvailable: position.firstAvailable,
        events: position.events,
        tasks: this.#count('SELECT count(*) AS count FROM tasks WHERE listed IS NOT NULL'),
        unsettled: this.#count('SELECT count(*) AS count FROM tasks WHERE phase = 2'),
        fileBytes: this.#pragma('page_count') * pageBytes,
        freeBytes: this.#pragma('freelist_count') * pageBytes,
        logBytes: statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
      }
    })
  }

  /** Records without what may hold secrets, oldest first. */
  *tasks(): Generator<TaskRecord> {
    for (let last = 0; ;) {
      const rows = this.#reading(() => this.#task.all(last))
      if (rows.length === 0) return
      for (const row of rows) {
        last = integerOf(row, 'ref')
        yield this.#reading((): TaskRecord => JSON.parse(textOf(row, 'listed')))
      }
    }
  }

  /** Events in order up to `head`, in pieces; also those below `firstAvailable`, of tasks that are kept. */
  *events(head: number): Generator<readonly StoredEvent[]> {
    for (let last = 0; last < head;) {
      const events = this.#reading(() => this.#segments.read(last, readBytes))
      if (events.length === 0) return
      last = events.at(-1)?.seq ?? head
      yield last <= head ? events : events.filter(({ seq }) => seq <= head)
    }
  }

  close(): void {
    closeQuietly(this.database)
  }

  #count(sql: string): number {
    return integerOf(this.database.prepare(sql).get(), 'count')
  }

  #pragma(name: string): number {
    return integerOf(this.database.prepare(`PRAGMA ${name}`).get(), name)
  }

  /** Throws StoreUnavailable, one sentence, where the file is damaged. */
  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw unavailable(this.path, 'be read', error)
    }
  }
}
