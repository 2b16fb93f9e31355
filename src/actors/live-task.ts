/**
 * A task whose actor is in memory: its request, its run, its messages' clock. Plain data; task-actor.ts owns it.
 */
import type { Session } from '../broker/sessions.ts'
import type { Run, RunnerTask, RunResult } from '../runners/runner.ts'
import type { TaskRecord } from '../store/store.ts'
import type { CallboardConfiguration, StartNewTask, TaskState } from '../wire/commands.ts'
import type { QueuedMessage } from '../wire/events.ts'
import type { Task } from '../wire/envelope.ts'

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
  /** The session that started or resumed it. */
  readonly session: Session
  readonly lastTs: number
  readonly runs: number
  readonly resumable: boolean
  readonly now: () => number
}

export class LiveTask {
  readonly id: string
  readonly request: StartNewTask
  readonly callboard: CallboardConfiguration
  readonly listedText: string
  readonly createdAt: number
  readonly startedBy: string
  readonly session: Session
  /** Whether it can run again once settled. */
  resumable: boolean
  run: Run | undefined
  /** How its last run ended, once it has. */
  result: RunResult | undefined
  /** Messages for a run that has not started yet. */
  queued: QueuedMessage[] = []
  cause: Cause = {}
  /** Taken to a settled state: from here on the store has it. */
  isSettled = false
  runs: number
  #lastTs: number
  readonly #now: () => number

  constructor(options: LiveTaskOptions) {
    this.id = options.id
    this.request = options.request
    this.callboard = options.callboard
    this.listedText = options.listedText
    this.createdAt = options.createdAt
    this.startedBy = options.startedBy
    this.session = options.session
    this.resumable = options.resumable
    this.runs = options.runs
    this.#lastTs = options.lastTs
    this.#now = options.now
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

  /** What its runner is given. */
  forRunner(socketPath: string): RunnerTask {
    const { id, request, callboard } = this
    const { text, images = [], configuration } = request
    return { id, text, images, configuration, callboard, socketPath }
  }

  record(state: TaskState, exit: TaskRecord['exit'] | null): TaskRecord {
    const { profile, cwd } = this.callboard
    return {
      id: this.id,
      state,
      text: this.listedText,
      ...(profile === undefined ? {} : { profile }),
      ...(cwd === undefined ? {} : { cwd }),
      createdAt: this.createdAt,
      ...(exit === null || exit === undefined ? {} : { exit }),
      resumable: this.resumable,
      startedBy: this.startedBy,
      lastTs: this.#lastTs,
      runs: this.runs,
      ...(this.resumable ? { request: this.request } : {}),
    }
  }
}

/** A record as ListTasks and GetTask show it. */
export function shownTask(record: TaskRecord): Task {
  const { id, state, text, profile, cwd, createdAt, exit, resumable } = record
  return {
    id,
    state,
    text,
    ...(profile === undefined ? {} : { profile }),
    ...(cwd === undefined ? {} : { cwd }),
    createdAt,
    ...(exit === undefined ? {} : { exit }),
    resumable,
    asks: [],
  }
}
