/**
 * What outlives a turn (and, with a store on disk, the daemon): the journal's events, the tasks' records, sessions and
 * the answers they were given. Types only. memory.ts keeps records alone: in memory mode the journal's hot tail is the
 * journal.
 */
import type { Ask, AskKind, Exit, QueuedMessage, TaskMessage } from '../wire/events.ts'
import type { StartNewTask, TaskState } from '../wire/commands.ts'

export const durabilities = ['memory', 'normal', 'full'] as const
/** `memory`: nothing is kept. `normal`: a commit holds against the death of the process. `full`: against power loss. */
export type Durability = (typeof durabilities)[number]

/** One event as the journal keeps it: `frame` is its canonical encoding (node-ipc framing, roo vocabulary). */
export interface StoredEvent {
  readonly seq: number
  readonly task: string
  readonly name: string
  readonly frame: Uint8Array
}

/** Who alone may steer a task. */
export interface LeaseRecord {
  readonly sessionId: string
  readonly clientId: string
  readonly client?: string
  /** Milliseconds since the Unix epoch. */
  readonly until?: number
  /** Which asks it answers by itself. */
  readonly approve?: 'all' | readonly AskKind[]
}

/** What clients were told is taken, and the task's run has not been given yet. */
export interface Undelivered {
  /** Waiting for the run to start, or for the end of its turn. Oldest first. */
  readonly queued: readonly QueuedMessage[]
  /** Said to the task after it had settled: its next run begins with it. */
  readonly followUp?: { readonly text: string; readonly images: readonly string[] }
}

/** A task as the store keeps it. `request` and `runnerState` are there only to resume: never exported. */
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
  /** What to run again. Absent where it may not be resumed, and once it is closed. It may hold secrets. */
  readonly request?: StartNewTask
  /** The machine's persisted snapshot, and the version of the machine that wrote it. */
  readonly machine?: { readonly version: number; readonly snapshot: unknown }
  readonly priority?: number
  readonly parent?: string
  /** Of one that is queued: it came after those of a lower order, and takes the turn of its client. */
  readonly waits?: { readonly order: number; readonly client: string }
  /** Open ones, oldest first. */
  readonly asks?: readonly Ask[]
  readonly lease?: LeaseRecord
  /** What its runner remembers for a later run. */
  readonly runnerState?: unknown
  readonly undelivered?: Undelivered
  /** Its last message, the text cut to `limits.listedTextCharsMax`, without images. */
  readonly lastMessage?: TaskMessage
}

/** A native session as it outlives the daemon. */
export interface SessionRecord {
  readonly id: string
  /** The path of its listener. */
  readonly listener: string
  readonly client: { readonly name: string; readonly version: string }
  readonly insideTask?: string
  readonly currentTask?: string
  /** On a `scope=own` listener. */
  readonly ownTasks?: readonly string[]
  /** Its Subscribe's `tasks` and `events`; `null` after Unsubscribe; absent: everything. */
  readonly subscription?: { readonly tasks?: readonly string[]; readonly events?: readonly string[] } | null
  /** Milliseconds since the Unix epoch. */
  readonly seenAt: number
}

/** An answer to a request of a native session, so that it is given again after a restart. */
export interface AnswerRecord {
  readonly sessionId: string
  readonly requestId: string
  readonly digest: string
  readonly frame: Uint8Array
  readonly at: number
}

/** Everything that becomes true together. */
export interface Commit {
  /** Their sequences follow `head` without a gap. */
  readonly events?: readonly StoredEvent[]
  /** Each replaces the record of the same id. */
  readonly tasks?: readonly TaskRecord[]
  readonly sessions?: readonly SessionRecord[]
  readonly forgottenSessions?: readonly string[]
  readonly answers?: readonly AnswerRecord[]
  /** Settled and closed tasks that go, with their events; others of these ids stay. */
  readonly forgottenTasks?: readonly string[]
}

/** Thrown by `commit`: nothing of it was kept. `message` is one sentence that says why, for people. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

export interface Prunable {
  /** Milliseconds since the Unix epoch. */
  readonly before?: number | undefined
  readonly ids?: readonly string[] | undefined
  /** False for those that stay: they are passed over and do not count. It must not write. */
  readonly mayGo?: (id: string) => boolean
}

export interface StoreUse {
  /** Bytes of events and records kept, as they lie. */
  readonly bytes: number
  readonly events: number
  readonly tasks: number
}

export interface Store {
  readonly durability: Durability
  /** Identifies the journal over all starts of its daemon. */
  readonly journalId: string
  /** How many times a daemon has opened it: with journalId the epoch. */
  readonly startNumber: number
  /** Sequence of the last event kept. */
  readonly head: number
  /** The last sequence that start `startNumber` of this journal gave; undefined where there was no such start. */
  lastOfStart(startNumber: number): number | undefined
  /** One commit. After it returns, no crash of the process loses it. Throws StoreUnavailable when it cannot. */
  commit(commit: Commit): void
  /** Whether a commit would work now: writes something that means nothing. Throws StoreUnavailable. */
  probe(): void
  /** Events after `after`, in order and without a gap, about `bytesMax` of them, at least one where there is one. */
  read(after: number, bytesMax: number): readonly StoredEvent[]
  /** The same of one task: `after` and the sequences of the result are the journal's. */
  readTask(task: string, after: number, bytesMax: number): readonly StoredEvent[]
  /** Sequence of the oldest event that `read` can give; `head + 1` where it has none. */
  firstAvailable(): number
  task(id: string): TaskRecord | undefined
  /** Every record, oldest first, without `request`, `runnerState`, `machine` and `undelivered`. */
  tasks(): readonly TaskRecord[]
  /** How many settled and closed tasks there are, by state: without a look at each of them. */
  settledCounts(): Readonly<Record<string, number>>
  /** Whole records of tasks that are neither settled nor closed: what a crash interrupted, and what was queued. */
  unsettled(): readonly TaskRecord[]
  /** Ids of settled and closed tasks, at most `count` that may go, oldest first: created before a time, of these ids, or both. */
  prunable(which: Prunable, count: number): readonly string[]
  /** Sessions that can still be resumed. */
  sessions(): readonly SessionRecord[]
  answer(sessionId: string, requestId: string): AnswerRecord | undefined
  use(): StoreUse
  close(): void
}
