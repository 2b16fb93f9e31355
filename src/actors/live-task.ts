/**
 * A task whose actor is in memory: its request, its run, its messages' clock. Plain data; task-actor.ts owns it. What
 * a step changes of it is undone by `memento` where the step could not be committed.
 */
import type { Session } from '../broker/session.ts'
import type { QueuedText, Run, RunnerTask, RunResult } from '../runners/runner.ts'
import type { LeaseRecord, TaskRecord, Undelivered } from '../store/store.ts'
import type { CallboardConfiguration, StartNewTask, TaskState } from '../wire/commands.ts'
import type { Ask, QueuedMessage, TaskEvent, TaskMessage } from '../wire/events.ts'
import type { Task } from '../wire/envelope.ts'
import { limits } from '../limits.ts'

/** Who caused what happens next to a task: the client and request of the last command on it. */
export interface Cause {
  readonly by?: string
  readonly causedBy?: string
}

export interface LiveTaskOptions {
  readonly id: string
  readonly request: StartNewTask
  /** The request's `configuration.callboard` over its profile's defaults. */
  readonly callboard: CallboardConfiguration
  readonly listedText: string
  readonly createdAt: number
  readonly startedBy: string
  /** The session that started or resumed it in this life of the daemon. */
  readonly session: Session | undefined
  readonly resumable: boolean
  /** Its record, where it is not new. */
  readonly record?: TaskRecord
  /** The task inside which it was started. */
  readonly parent?: string
  readonly now: () => number
}

/** Where a task is that has left its runs behind. */
export type LeftState = 'completed' | 'aborted' | 'failed' | 'resumable' | 'closed'

export class LiveTask {
  readonly id: string
  readonly request: StartNewTask
  readonly callboard: CallboardConfiguration
  readonly listedText: string
  readonly createdAt: number
  readonly startedBy: string
  readonly session: Session | undefined
  readonly parent: string | undefined
  /** Whether it can run again once settled. */
  resumable: boolean
  run: Run | undefined
  /** How its last run ended, once it has. */
  result: RunResult | undefined
  /** Messages that wait for the run to start, or for the end of its turn. */
  queued: readonly QueuedMessage[] = []
  /** Open ones, oldest first: replaced, never changed in place. */
  asks: readonly Ask[] = []
  lease: LeaseRecord | undefined
  /** Its place in the queue, as long as it waits there. */
  waits: TaskRecord['waits']
  /** What its runner remembers for a later run. */
  runnerState: unknown
  /** What clients said after it had settled: its next run begins with that, and so do others until one takes it up. */
  followUp: QueuedText | undefined
  /** Its text cut as in lists. */
  lastMessage: TaskMessage | undefined
  cause: Cause = {}
  /** Settled or closed: it leaves memory when that is committed, and its record is what counts. */
  left: LeftState | undefined
  /** Sequence of its first event, where that is known. */
  firstSeq: number | undefined
  /** Steps of its run that wait for the store. */
  held = 0
  #lastTs: number
  readonly #now: () => number

  constructor(options: LiveTaskOptions) {
    const { record } = options
    this.id = options.id
    this.request = options.request
    this.callboard = options.callboard
    this.listedText = options.listedText
    this.createdAt = options.createdAt
    this.startedBy = options.startedBy
    this.session = options.session
    this.resumable = options.resumable
    this.parent = record?.parent ?? options.parent
    this.asks = record?.asks ?? []
    this.lease = record?.lease
    this.waits = record?.waits
    this.runnerState = record?.runnerState
    this.queued = record?.undelivered?.queued ?? []
    this.followUp = record?.undelivered?.followUp
    this.lastMessage = record?.lastMessage
    this.#lastTs = record?.lastTs ?? 0
    this.#now = options.now
  }

  /** Notes what a step may change; what is returned puts it back. The messages' clock never goes back. */
  memento(): () => void {
    const { resumable, result, queued, asks, lease, runnerState, followUp, lastMessage, cause, left } = this
    return () => {
      Object.assign(this, {
        resumable,
        result,
        queued,
        asks,
        lease,
        runnerState,
        followUp,
        lastMessage,
        cause,
        left,
      })
    }
  }

  /** Its events are about to be journaled. */
  tells(events: readonly TaskEvent[]): void {
    const last = events.findLast((one) => one.eventName === 'message')
    if (last?.eventName === 'message') this.lastMessage = last.payload[0].message
  }

  get lastTs(): number {
    return this.#lastTs
  }

  /** The `ts` of a new message: the time, or just above the last one's, since equal ones would be one message. */
  nextTs(): number {
    this.#lastTs = Math.max(this.#now(), this.#lastTs + 1)
    return this.#lastTs
  }

  /** The first of two. */
  nextTwoTs(): number {
    const first = this.nextTs()
    this.nextTs()
    return first
  }

  /** What its runner is given. `transcript`: what was said in it so far. */
  forRunner(socketPath: string, transcript: () => readonly TaskMessage[] = () => []): RunnerTask {
    const { id, request, callboard, followUp, runnerState } = this
    const { text, images = [], configuration } = request
    const task = { id, text, images, configuration, callboard, socketPath }
    if (followUp === undefined && runnerState === undefined) return task
    const earlier = { state: runnerState, ...(followUp === undefined ? {} : { followUp }), transcript }
    return { ...task, earlier }
  }

  /** Never reuses a `ts` up to this one. */
  seenTs(ts: number): void {
    this.#lastTs = Math.max(this.#lastTs, ts)
  }

  record(state: TaskState, about: Pick<TaskRecord, 'runs' | 'exit' | 'machine'>): TaskRecord {
    const { profile, cwd, priority } = this.callboard
    const { parent, lease, runnerState, lastMessage } = this
    const request = this.#requestIn(state)
    // Written into, since many spread objects cost more than all else about it.
    const record: Written<TaskRecord> = {
      id: this.id,
      state,
      text: this.listedText,
      createdAt: this.createdAt,
      resumable: this.resumable && request !== undefined,
      startedBy: this.startedBy,
      lastTs: this.#lastTs,
      ...about,
    }
    if (profile !== undefined) record.profile = profile
    if (cwd !== undefined) record.cwd = cwd
    if (request !== undefined) record.request = request
    if (priority !== undefined) record.priority = priority
    if (parent !== undefined) record.parent = parent
    if (state === 'queued' && this.waits !== undefined) record.waits = this.waits
    if (this.asks.length > 0) record.asks = this.asks
    if (lease !== undefined) record.lease = lease
    if (state !== 'closed' && this.resumable && runnerState !== undefined) record.runnerState = runnerState
    const undelivered = this.#undeliveredIn(state)
    if (undelivered !== undefined) record.undelivered = undelivered
    if (lastMessage !== undefined) record.lastMessage = cutMessage(lastMessage)
    return record
  }

  #undeliveredIn(state: TaskState): Undelivered | undefined {
    const { queued, followUp } = this
    if (state === 'closed' || (queued.length === 0 && followUp === undefined)) return undefined
    return followUp === undefined ? { queued } : { queued, followUp }
  }

  #requestIn(state: TaskState): StartNewTask | undefined {
    if (state === 'closed') return this.#requestOnceClosed()
    return this.resumable || this.left === undefined ? this.request : undefined
  }

  /** Configuration and environment may hold secrets: a closed task runs again only as far as its profile says what. */
  #requestOnceClosed(): StartNewTask | undefined {
    const { profile, cwd } = this.callboard
    const asked = this.request.configuration.callboard
    const runsItsOwn = isObject(asked) && (asked['command'] !== undefined || asked['replay'] !== undefined)
    if (!this.resumable || profile === undefined || runsItsOwn) return undefined
    const callboard = { profile, ...(cwd === undefined ? {} : { cwd }) }
    const { text, images } = this.request
    return { text, ...(images === undefined ? {} : { images }), configuration: { callboard } }
  }
}

type Written<T> = { -readonly [Key in keyof T]: T[Key] }

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** A message as lists show it: its text cut, without images. */
function cutMessage(message: TaskMessage): TaskMessage {
  const { images, text = '' } = message
  if (images === undefined && text.length <= limits.listedTextCharsMax) return message
  const { images: _, ...rest } = message
  return { ...rest, text: text.slice(0, limits.listedTextCharsMax) }
}

/** A record as ListTasks and GetTask show it. */
export function shownTask(record: TaskRecord): Task {
  const { id, state, text, profile, cwd, createdAt, exit, resumable, priority, parent, asks = [] } = record
  return {
    id,
    state,
    text,
    ...(profile === undefined ? {} : { profile }),
    ...(cwd === undefined ? {} : { cwd }),
    createdAt,
    ...(exit === undefined ? {} : { exit }),
    resumable,
    ...(priority === undefined ? {} : { priority }),
    ...(parent === undefined ? {} : { parent }),
    asks: [...asks],
  }
}
