/**
 * What outlives a turn (and, with a store on disk, the daemon): the journal's events and the tasks' records.
 * Types only. memory.ts keeps records alone: in memory mode the journal's hot tail is the journal.
 */
import type { Exit } from '../wire/events.ts'
import type { StartNewTask, TaskState } from '../wire/commands.ts'

/** One event as the journal keeps it: `frame` is its canonical encoding (node-ipc framing, roo vocabulary). */
export interface StoredEvent {
  readonly seq: number
  readonly task: string
  readonly name: string
  readonly frame: Uint8Array
}

/** A task as the store keeps it. `request` may hold secrets: it is there only to resume. */
export interface TaskRecord {
  readonly id: string
  readonly state: TaskState
  /** Cut to `limits.listedTextCharsMax`. */
  readonly text: string
  readonly profile?: string
  readonly cwd?: string
  readonly createdAt: number
  readonly exit?: Exit
  readonly resumable: boolean
  /** The clientId that started it, and the session, for `scope=own`. */
  readonly startedBy: string
  /** Highest `ts` of its messages, so that a resumed run goes on above it. */
  readonly lastTs: number
  /** Runs so far. */
  readonly runs: number
  /** What to run again. Absent where it may not be resumed. */
  readonly request?: StartNewTask
}

export interface Store {
  readonly durability: 'memory' | 'normal' | 'full'
  /** Identifies the journal over all starts of its daemon. */
  readonly journalId: string
  /** How many times a daemon has opened it: with journalId the epoch. */
  readonly startNumber: number
  /** Sequence of the last event kept at the opening. */
  readonly head: number
  /** One commit. After it returns, no crash of the process loses them. Throws when it cannot commit. */
  append(events: readonly StoredEvent[]): void
  /** Events after `after`, in order, about `bytesMax` of them; fewer where the store has no more. */
  read(after: number, bytesMax: number): readonly StoredEvent[]
  /** Sequence of the oldest event that `read` can give; `head + 1` where it has none. */
  firstAvailable(): number
  saveTask(record: TaskRecord): void
  task(id: string): TaskRecord | undefined
  /** Settled and closed tasks, oldest first. */
  tasks(): readonly TaskRecord[]
  close(): void
}
