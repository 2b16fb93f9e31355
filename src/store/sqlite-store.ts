/**
 * The store on disk as the broker uses it. A commit is one transaction; what takes longer than a commit (retention,
 * moving the write-ahead log) is done in chunks or in a thread. Reads throw StoreUnavailable too, where the disk fails.
 */
import { randomBytes } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { limits as defaultLimits } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { Checkpoints } from './checkpoints.ts'
import { integerOf } from './columns.ts'
import { unavailable } from './failure.ts'
import { closeQuietly } from './journal-file.ts'
import { Position } from './position.ts'
import { Retention } from './retention.ts'
import { Segments } from './segments.ts'
import { SessionRows } from './sessions.ts'
import { Starts } from './starts.ts'
import type { StoreLog } from './store-log.ts'
import type {
  AnswerRecord,
  Commit,
  SessionRecord,
  Store,
  StoredEvent,
  StoreUse,
  TaskRecord,
} from './store.ts'
import { TaskRows } from './tasks.ts'
import { Transactions } from './transaction.ts'

export interface SqliteStoreOptions {
  /** The daemon's home. */
  readonly directory: string
  readonly durability: 'normal' | 'full'
  readonly limits?: Partial<Limits>
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  readonly log?: StoreLog
}

/** The most that a probe writes: what could not be committed may have been larger. */
const probeBytesMax = 4 * 1024 * 1024
const probeBytesMin = 64 * 1024

/** Pages of the log that one chunk of retention takes, in rows. */
const retentionRows = 16

export class SqliteStore implements Store {
  readonly durability: 'normal' | 'full'
  readonly journalId: string
  readonly startNumber: number
  readonly #database: DatabaseSync
  readonly #lock: DatabaseSync
  readonly #path: string
  readonly #limits: Limits
  readonly #log: StoreLog | undefined
  readonly #transactions: Transactions
  readonly #position: Position
  readonly #starts: Starts
  readonly #segments: Segments
  readonly #tasks: TaskRows
  readonly #sessions: SessionRows
  readonly #retention: Retention
  readonly #checkpoints: Checkpoints
  readonly #pages: StatementSync
  readonly #freePages: StatementSync
  readonly #pageBytes: number
  #timer: NodeJS.Timeout | undefined
  #failedBytes = 0

  constructor(database: DatabaseSync, lock: DatabaseSync, path: string, options: SqliteStoreOptions) {
    const limits = { ...defaultLimits, ...options.limits }
    this.durability = options.durability
    this.#database = database
    this.#lock = lock
    this.#path = path
    this.#limits = limits
    this.#log = options.log
    this.#transactions = new Transactions(database, path)
    this.#position = new Position(database, options.now)
    this.#starts = new Starts(database)
    this.#segments = new Segments(database)
    this.#tasks = new TaskRows(database, this.#transactions)
    this.#sessions = new SessionRows(database)
    this.#checkpoints = new Checkpoints(database, { path, limits, log: options.log })
    this.#pages = database.prepare('PRAGMA page_count')
    this.#freePages = database.prepare('PRAGMA freelist_count')
    this.#pageBytes = integerOf(database.prepare('PRAGMA page_size').get(), 'page_size')
    this.#retention = new Retention(database, this.#tasks, limits, () => this.#bytes)
    this.journalId = this.#position.journalId || randomBytes(8).toString('hex')
    this.startNumber = this.#transactions.run(() => this.#begin(options.now()))
    this.#rest(limits.retentionEveryMs)
  }

  /** Writes that a daemon starts; returns the start's number. */
  #begin(at: number): number {
    this.#position.journalId = this.journalId
    this.#database.exec('DELETE FROM probes')
    // Events that came without a record belong to nobody: retention may have them.
    this.#database.exec('UPDATE tasks SET phase = 1 WHERE phase = 2 AND listed IS NULL')
    this.#position.save()
    return this.#starts.begin(this.head, at)
  }

  get head(): number {
    return this.#position.head
  }

  lastOfStart(startNumber: number): number | undefined {
    return startNumber === this.startNumber ? this.head : this.#starts.lastOf(startNumber)
  }

  commit(commit: Commit): void {
    const { events = [], tasks = [], sessions = [], forgottenSessions = [], answers = [] } = commit
    this.#refuseHole(events)
    try {
      const written = this.#transactions.run(() => {
        const time = this.#position.clock.look()
        for (const record of tasks) this.#tasks.save(record, time)
        const { segments, bytes } = this.#segments.write(events, (task) => this.#tasks.refOf(task, time))
        for (const record of sessions) this.#sessions.save(record, time)
        for (const id of forgottenSessions) this.#sessions.forget(id)
        for (const record of answers) this.#sessions.give(record, time)
        return { bytes, rows: segments + tasks.length + sessions.length + answers.length }
      })
      this.#position.advance(events.length)
      this.#committed(written.bytes, written.rows)
    } catch (error) {
      this.#tasks.forgetRefs()
      this.#failedBytes = events.reduce((sum, { frame }) => sum + frame.length, 0)
      throw error
    }
  }

  /** Sequences that skip or repeat would be a fault of the journal's, which no disk can heal. */
  #refuseHole(events: readonly StoredEvent[]): void {
    let expected = this.head
    for (const { seq } of events)
      if (seq !== ++expected) throw new Error(`event ${seq} was to be stored where ${expected} comes next`)
  }

  /** Bytes that the file may have at most, as if its disk had no room for more; it never goes below what it has. */
  limitFileBytes(bytesMax: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / this.#pageBytes))}`)
  }

  probe(): void {
    const bytes = Math.min(Math.max(this.#failedBytes, probeBytesMin), probeBytesMax)
    this.#transactions.run(() => {
      this.#database.prepare('INSERT OR REPLACE INTO probes VALUES (1, zeroblob(?))').run(bytes)
    })
    this.#transactions.run(() => this.#database.exec('DELETE FROM probes'))
    this.#failedBytes = 0
  }

  /** Below `firstAvailable` nothing is given: between those events others are gone. */
  read(after: number, bytesMax: number): readonly StoredEvent[] {
    return this.#reading(() => this.#segments.read(Math.max(after, this.firstAvailable() - 1), bytesMax))
  }

  /** Also what lies below `firstAvailable`, where the task itself is kept. */
  readTask(task: string, after: number, bytesMax: number): readonly StoredEvent[] {
    return this.#reading(() => {
      const ref = this.#tasks.knownRef(task)
      return ref === undefined ? [] : this.#segments.readTask(task, ref, after, bytesMax)
    })
  }

  firstAvailable(): number {
    return this.#position.firstAvailable
  }

  task(id: string): TaskRecord | undefined {
    return this.#reading(() => this.#tasks.get(id))
  }

  tasks(): readonly TaskRecord[] {
    return this.#reading(() => this.#tasks.list())
  }

  unsettled(): readonly TaskRecord[] {
    return this.#reading(() => this.#tasks.live())
  }

  sessions(): readonly SessionRecord[] {
    return this.#reading(() => this.#sessions.list())
  }

  answer(sessionId: string, requestId: string): AnswerRecord | undefined {
    return this.#reading(() => this.#sessions.answer(sessionId, requestId))
  }

  use(): StoreUse {
    return { bytes: this.#bytes, events: this.#position.events, tasks: this.#tasks.count }
  }

  /** Bytes of the file that are in use: what was deleted leaves room for what comes. */
  get #bytes(): number {
    const pages = integerOf(this.#pages.get(), 'page_count')
    return (pages - integerOf(this.#freePages.get(), 'freelist_count')) * this.#pageBytes
  }

  /**
   * One chunk of what keeps the store small: retention, old answers. Called by a timer of its own; never throws.
   * Returns whether there is more to do.
   */
  maintain(): boolean {
    try {
      this.#checkpoints.retry()
      const time = this.#position.clock.look()
      const answers = this.#forgetAnswers(time)
      return (this.#retention.due(time) && this.#retain(time)) || answers
    } catch (error) {
      this.#log?.warn({ reason: reasonOf(error) }, 'retention failed')
      return false
    }
  }

  #retain(time: number): boolean {
    let undo = (): unknown => undefined
    try {
      const dropped = this.#transactions.run(() => {
        const chunk = this.#retention.chunk(time)
        undo = this.#position.drop(chunk.events, chunk.through)
        this.#position.save()
        return chunk
      })
      this.#tasks.forgetRefs()
      this.#committed(0, retentionRows)
      return dropped.more
    } catch (error) {
      undo()
      throw error
    }
  }

  #forgetAnswers(time: number): boolean {
    const { answersKeptMs, repliesKeptBytesMax } = this.#limits
    return this.#transactions.run(() =>
      this.#sessions.forgetAnswers(time - answersKeptMs, repliesKeptBytesMax),
    )
  }

  /** What follows from a commit: the log grew, and may hold what was erased from the file. */
  #committed(bytes: number, rows: number): void {
    const due = this.#checkpoints.grew(bytes, rows)
    const erased = this.#transactions.takeErased()
    if (due) this.#savePosition()
    if (due || erased) this.#checkpoints.start(erased)
  }

  /** It only spares the next opening some counting. */
  #savePosition(): void {
    try {
      this.#transactions.run(() => this.#position.save())
    } catch (error) {
      this.#log?.warn({ reason: reasonOf(error) }, 'the journal could not be written')
    }
  }

  #rest(ms: number): void {
    this.#timer = setTimeout(() => {
      const more = this.maintain()
      // Between two chunks most of the time is the broker's.
      this.#rest(more ? this.#limits.retentionChunkMs * 4 : this.#limits.retentionEveryMs)
    }, ms)
    this.#timer.unref()
  }

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw unavailable(this.#path, 'be read', error)
    }
  }

  close(): void {
    if (!this.#database.isOpen) return
    clearTimeout(this.#timer)
    this.#savePosition()
    this.#checkpoints.close()
    closeQuietly(this.#database)
    closeQuietly(this.#lock)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
