/**
 * The store on disk as the broker uses it. A commit is one transaction; what takes longer than a commit (retention,
 * moving the write-ahead log) is done in chunks or in a thread. Reads throw StoreUnavailable too, where the disk fails.
 */
import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { limits as defaultLimits } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { Checkpoints } from './checkpoints.ts'
import { unavailable } from './failure.ts'
import { closeQuietly } from './journal-file.ts'
import { JournalWatch } from './journal-watch.ts'
import { Pages } from './pages.ts'
import { Position } from './position.ts'
import { Retention } from './retention.ts'
import { Segments } from './segments.ts'
import { SessionRows } from './sessions.ts'
import { Starts } from './starts.ts'
import type { StoreLog } from './store-log.ts'
import type {
  AnswerRecord,
  Commit,
  Prunable,
  SessionRecord,
  Store,
  StoredEvent,
  StoreUse,
  TaskRecord,
} from './store.ts'
import { TaskRows } from './tasks.ts'
import { Transactions } from './transaction.ts'
import { Upkeep } from './upkeep.ts'

export interface SqliteStoreOptions {
  /** The daemon's home. */
  readonly directory: string
  readonly durability: 'normal' | 'full'
  readonly limits?: Partial<Limits>
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number
  readonly log?: StoreLog
}

/** What a transaction added to the log, about. */
interface Grown {
  readonly bytes: number
  readonly rows: number
}

export class SqliteStore implements Store {
  readonly durability: 'normal' | 'full'
  readonly journalId: string
  readonly startNumber: number
  readonly #database: DatabaseSync
  readonly #lock: DatabaseSync
  readonly #path: string
  readonly #limits: Limits
  readonly #log: StoreLog | undefined
  readonly #watch: JournalWatch
  readonly #transactions: Transactions
  readonly #position: Position
  readonly #starts: Starts
  readonly #segments: Segments
  readonly #tasks: TaskRows
  readonly #sessions: SessionRows
  readonly #retention: Retention
  readonly #upkeep: Upkeep
  readonly #checkpoints: Checkpoints
  readonly #pages: Pages
  #failedBytes = 0

  constructor(database: DatabaseSync, lock: DatabaseSync, path: string, options: SqliteStoreOptions) {
    const limits = { ...defaultLimits, ...options.limits }
    this.#limits = limits
    this.durability = options.durability
    this.#database = database
    this.#lock = lock
    this.#path = path
    this.#log = options.log
    this.#watch = new JournalWatch(path)
    this.#transactions = new Transactions(database, path)
    this.#position = new Position(database, options.now)
    this.#starts = new Starts(database, limits.startsKeptMax)
    this.#segments = new Segments(database, limits.segmentBytesMax)
    this.#tasks = new TaskRows(database, this.#transactions, limits.taskRowsKnown)
    this.#sessions = new SessionRows(database)
    this.#checkpoints = new Checkpoints(database, { path, limits, log: options.log })
    this.#pages = new Pages(database)
    this.#retention = new Retention(database, this.#tasks, limits, () => this.#pages.usedBytes)
    this.#upkeep = new Upkeep({
      transactions: this.#transactions,
      position: this.#position,
      tasks: this.#tasks,
      sessions: this.#sessions,
      retention: this.#retention,
      checkpoints: this.#checkpoints,
      watch: this.#watch,
      limits,
      log: options.log,
      committed: (bytes, rows) => this.#committed(bytes, rows),
    })
    this.journalId = this.#position.journalId || randomBytes(8).toString('hex')
    // A daemon that was killed may have left in it what was to be erased.
    const leftLog = this.#checkpoints.walBytes > 0
    this.startNumber = this.#transactions.run(() => this.#begin(options.now()))
    if (leftLog) this.#checkpoints.start(true)
    this.#upkeep.start()
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
    this.commitAll([commit])
  }

  /** Many commits as one: all become true together, or none. Throws as `commit` does, and what `commits` throws. */
  commitAll(commits: Iterable<Commit>): void {
    this.#watch.refuseMissing()
    const undo = this.#position.mark()
    this.#failedBytes = 0
    try {
      let [bytes, rows] = [0, 0]
      this.#transactions.run(() => {
        for (const commit of commits) {
          const written = this.#write(commit)
          bytes += written.bytes
          rows += written.rows
        }
      })
      this.#committed(bytes, rows)
    } catch (error) {
      undo()
      this.#tasks.rolledBack()
      throw error
    }
  }

  #write(commit: Commit): Grown {
    const { events = [], tasks = [], sessions = [], forgottenSessions = [], answers = [] } = commit
    this.#refuseHole(events)
    const time = this.#position.clock.look()
    // What a probe is to try where this fails.
    this.#failedBytes = Math.max(
      this.#failedBytes,
      events.reduce((sum, { frame }) => sum + frame.length, 0),
    )
    for (const record of tasks) this.#tasks.save(record, time)
    const { segments, bytes } = this.#segments.write(events, (task) => this.#tasks.refOf(task, time))
    for (const record of sessions) this.#sessions.save(record, time)
    for (const id of forgottenSessions) this.#sessions.forget(id)
    for (const record of answers) this.#sessions.give(record, time)
    this.#position.advance(events.length)
    if (commit.forgottenTasks !== undefined) this.#letGo(commit.forgottenTasks)
    return { bytes, rows: segments + tasks.length + sessions.length + answers.length }
  }

  #letGo(ids: readonly string[]): void {
    for (const id of ids) this.#position.drop(0, this.#retention.forget(id))
    this.#position.save()
    this.#tasks.forgetRefs()
  }

  /** Sequences that skip or repeat would be a fault of the journal's, which no disk can heal. */
  #refuseHole(events: readonly StoredEvent[]): void {
    let expected = this.head
    for (const { seq } of events)
      if (seq !== ++expected) throw new Error(`event ${seq} was to be stored where ${expected} comes next`)
  }

  /** Bytes that the file may have at most, as if its disk had no room for more; it never goes below what it has. */
  limitFileBytes(bytesMax: number): void {
    this.#pages.limit(bytesMax)
  }

  probe(): void {
    this.#watch.look()
    this.#watch.refuseMissing()
    const { storeProbeBytesMin, storeProbeBytesMax } = this.#limits
    const bytes = Math.min(Math.max(this.#failedBytes, storeProbeBytesMin), storeProbeBytesMax)
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

  settledCounts(): Readonly<Record<string, number>> {
    return this.#reading(() => this.#tasks.settled.read())
  }

  unsettled(): readonly TaskRecord[] {
    return this.#reading(() => this.#tasks.live())
  }

  prunable(which: Prunable, count: number): readonly string[] {
    return this.#reading(() => this.#tasks.prunable(which, count))
  }

  sessions(): readonly SessionRecord[] {
    return this.#reading(() => this.#sessions.list())
  }

  answer(sessionId: string, requestId: string): AnswerRecord | undefined {
    return this.#reading(() => this.#sessions.answer(sessionId, requestId))
  }

  use(): StoreUse {
    return { bytes: this.#pages.usedBytes, events: this.#position.events, tasks: this.#tasks.count }
  }

  /** One chunk of what its own timer does: retention, old answers. Returns whether there is more to do. */
  maintain(): boolean {
    return this.#upkeep.chunk()
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

  #reading<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw unavailable(this.#path, 'be read', error)
    }
  }

  close(): void {
    if (!this.#database.isOpen) return
    this.#upkeep.stop()
    this.#savePosition()
    this.#checkpoints.close()
    closeQuietly(this.#database)
    closeQuietly(this.#lock)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
