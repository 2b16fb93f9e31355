/**
 * What a task actor drives: types only. A Runner makes Runs; a Run is one process (or agent turn) of one task.
 * Nothing here is reported to clients directly: the task actor journals it first.
 */
import type {
  AskField,
  AskKind,
  AskOption,
  Exit,
  TaskEvent,
  TaskMessage,
  TokenUsage,
  ToolUsage,
} from '../wire/events.ts'
import type { CallboardConfiguration, Configuration } from '../wire/commands.ts'
import type { Outcome } from '../wire/rejection.ts'

/** What a task is to run. `configuration` and `env` may hold secrets: they go to the runner alone. */
export interface RunnerTask {
  readonly id: string
  readonly text: string
  readonly images: readonly string[]
  /** The client's configuration, with the profile's defaults already under `callboard`. */
  readonly configuration: Configuration
  readonly callboard: CallboardConfiguration
  /** The daemon's own socket, given to the child as CALLBOARD_SOCKET. */
  readonly socketPath: string
  /** What an earlier run of this task left for this one; absent in its first run. */
  readonly earlier?: EarlierRun
}

export interface EarlierRun {
  /** What it last gave to `remember`: JSON. */
  readonly state: unknown
  /**
   * A message of a client that is to be said first: a follow-up. Without one the run goes on where it was. A run that
   * remembers something, or ends well, has taken it: until then each further run is given it again.
   */
  readonly followUp?: { readonly text: string; readonly images: readonly string[] }
  /** What was said in the task so far, oldest first, the last version of each message. */
  transcript(): readonly TaskMessage[]
}

/** What a run wants to be told by somebody. */
export interface RunAsk {
  /** The run's own name for it: unique among its open asks. */
  readonly key: string
  readonly kind: AskKind
  readonly text: string
  readonly options?: readonly AskOption[]
  readonly fields?: readonly AskField[]
  /** Milliseconds from now until it is `expired`. */
  readonly deadlineMs?: number
  /** How clients that know no asks are shown it. */
  readonly message: RunnerMessage
}

/** What somebody said to an ask. It fits the ask's kind: that has been checked. */
export type AskAnswer =
  | {
      readonly kind: 'answered'
      readonly option?: string
      readonly text?: string
      readonly values?: Readonly<Record<string, string | number | boolean>>
    }
  /** Nobody answered in time. */
  | { readonly kind: 'expired' }

export interface RunnerMessage {
  readonly action: 'created' | 'updated'
  readonly message: TaskMessage
}

/** How a run ended. */
export interface RunResult {
  readonly ok: boolean
  /** One sentence for people: the completion's or the error's text. */
  readonly text: string
  readonly exit?: Exit
  /** What it took in all; nothing where the run knows of no use. */
  readonly usage?: { readonly tokens: TokenUsage; readonly tools: ToolUsage }
  /** The `ts` of a message that says `text` already, also in part: it becomes the completion's. */
  readonly saidTs?: number
  /** Of a failure: which question a client that knows no asks is shown after the error. */
  readonly ask?: Extract<
    TaskMessage['ask'],
    'api_req_failed' | 'mistake_limit_reached' | 'auto_approval_max_req_reached' | 'resume_task'
  >
}

/** A client's message. */
export interface QueuedText {
  readonly text: string
  readonly images: readonly string[]
}

/** What a run's agent can be asked for. */
export interface Offers {
  readonly commands: readonly {
    readonly name: string
    readonly description?: string
    readonly argumentHint?: string
  }[]
  readonly modes: readonly { readonly slug: string; readonly name: string }[]
  /** By id: what is known of each. */
  readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** What a run tells its task. `nextTs` gives the `ts` of a new message: unique and rising within the task. */
export interface RunEvents {
  nextTs(): number
  /** The process runs. Exactly once, before any message; not at all where it could not be started. */
  started(): void
  /** One batch per read of the child's output. */
  messages(batch: readonly RunnerMessage[]): void
  /**
   * Events of this task as they are, messages too, of a run that knows them; one batch. Never those of a task's life,
   * from taskCreated to taskIdle: the task makes them itself.
   */
  announced(events: readonly TaskEvent[]): void
  /** Opens an ask; `Run.answer` follows, unless the run withdraws it or ends first. Refused past the bounds of asks. */
  asked(ask: RunAsk): Outcome<void>
  /** The run no longer waits for this answer. */
  withdrew(key: string): void
  /**
   * Takes the messages that wait for the end of a turn out of the task's queue; they are told as said by their clients.
   * Where there are some the run goes on with them, else it ends.
   */
  takeQueued?(): readonly QueuedText[]
  /** Something that a later run of this task needs (a session's id): JSON, small, kept with the task. Not for secrets. */
  remember(state: unknown): void
  /** Exactly once, last. No process of the run is left, and every message has been given. */
  ended(result: RunResult): void
}

export interface Run {
  /** What `send` would refuse now, without doing it: what is journaled first must not be refused then. Absent: nothing. */
  accepts?(text: string, images: readonly string[]): Outcome<void>
  /** A message of a client while the task runs. */
  send(text: string, images: readonly string[]): Outcome<void>
  /** The answer to one of its open asks. */
  answer(key: string, answer: AskAnswer): void
  /** Asks the run to end: TERM to the group. Idempotent; `ended` follows. */
  cancel(): void
  /** Ends the run by force: KILL to every descendant. Idempotent; `ended` follows. */
  kill(): void
  /** Stops and continues reading the child's output. */
  pause(): void
  resume(): void
  /** What its agent offers now; absent where there is no agent. */
  offers?(): Offers
}

/** Every runner that there is. */
export const runnerNames = ['command', 'replay', 'acp'] as const
export type RunnerName = (typeof runnerNames)[number]

export interface Runner {
  readonly name: string
  /** Whether a settled task can run again under its id. */
  readonly resumable: boolean
  /** Whether a message for a settled task runs it again, with `earlier.followUp`; else it is refused. */
  readonly takesFollowUp?: boolean
  /** Whether a message waits in the task's queue until the run takes it (`takeQueued`), instead of `Run.send`. */
  readonly queuesMessages?: boolean
  /** Checks what `start` would refuse, without doing anything: the task then takes no slot. */
  check(task: RunnerTask): Outcome<void>
  /** Never throws: what goes wrong comes as `ended({ok: false})`, in a later turn. */
  start(task: RunnerTask, events: RunEvents): Run
}
