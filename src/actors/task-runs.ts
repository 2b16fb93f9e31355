/**
 * Tasks and their runs: a run is started and written to once the step that wants it is committed; what it tells is a
 * transaction each batch. While the store takes nothing, a run is paused and what it still tells waits, in order.
 */
import { isStoreUnavailable } from '../broker/transaction.ts'
import type { Transactions } from '../broker/transaction.ts'
import type { TaskMachineEvent } from '../../machines/task.ts'
import type { Logger } from '../log.ts'
import type { QueuedText, RunEvents, Runner, RunnerName } from '../runners/runner.ts'
import type { TaskEvent, TaskMessage } from '../wire/events.ts'
import { accepted } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Asking } from './asking.ts'
import type { Cause, LiveTask } from './live-task.ts'
import type { Outage } from './outage.ts'
import { Pacing } from './pacing.ts'
import type { PacingOptions } from './pacing.ts'
import { runnerName } from './profiles.ts'
import { runEvents } from './run-events.ts'
import * as orders from './task-events.ts'

export interface TaskRunsOptions extends Omit<PacingOptions, 'readOn'> {
  readonly runners: Readonly<Record<RunnerName, Runner>>
  readonly transactions: Transactions
  readonly outage: Outage
  readonly log: Logger
  readonly socketPath: string
  transact(work: () => void): void
  /** A run that was given up with its task may still have something to say. */
  isLive(task: LiveTask): boolean
  announce(task: LiveTask, events: readonly TaskEvent[], cause: Cause): void
  send(task: LiveTask, event: TaskMachineEvent): void
  touch(task: LiveTask): void
  fault(task: LiveTask, error: unknown): void
  readonly asking: Asking
  /** Told what a run was handed while it runs. */
  handed?(task: string, said: QueuedText): void
  /** What was said in a task so far, oldest first, the last version of each message. */
  transcript?(task: string): readonly TaskMessage[]
}

export class TaskRuns {
  readonly #options: TaskRunsOptions
  readonly #pacing: Pacing

  constructor(options: TaskRunsOptions) {
    this.#options = options
    this.#pacing = new Pacing({
      ...options,
      readOn: (task) => this.guarded(task, () => task.run?.resume()),
    })
  }

  /** Starts a run, once that is committed. */
  start(task: LiveTask): void {
    task.result = undefined
    this.afterCommit(task, () => {
      const { socketPath } = this.#options
      const runner = this.#runner(task)
      const given = task.forRunner(socketPath, () => this.#options.transcript?.(task.id) ?? [])
      task.run = runner.start(given, this.#events(task))
    })
  }

  /** Its run says that it has started: what waited for that is handed over. */
  started(task: LiveTask): void {
    const options = this.#options
    options.announce(task, orders.started(task.id), task.cause)
    // What the run does from here on is its own doing.
    task.cause = {}
    // Its runner takes them when it can.
    if (this.#runner(task).queuesMessages === true) return
    const waiting = task.queued
    if (waiting.length === 0) return
    task.queued = []
    options.touch(task)
    options.announce(task, orders.queueChanged(task.id, []), {})
    for (const { text, images } of waiting) {
      const taken = this.say(task, text, images ?? [], {})
      if (taken?.ok === false) this.#notTaken(task, taken)
    }
  }

  /** Whether a message waits until its run takes it, while it runs. */
  queues(task: LiveTask): boolean {
    return this.#runner(task).queuesMessages === true
  }

  /** What its run would refuse now. */
  accepts(task: LiveTask, text: string, images: readonly string[]): Outcome<void> {
    return task.run?.accepts?.(text, images) ?? accepted(undefined)
  }

  /** Whether a message for it runs it again once it has settled. */
  takesFollowUp(task: LiveTask): boolean {
    return this.#runner(task).takesFollowUp === true
  }

  /** Journals a client's message and hands it to the run; undefined where there is none. */
  say(task: LiveTask, text: string, images: readonly string[], cause: Cause): Outcome<void> | undefined {
    const { run } = task
    if (run === undefined) return undefined
    const verdict = this.accepts(task, text, images)
    if (!verdict.ok) return verdict
    this.#options.transactions.current.undo(task.memento())
    this.#options.announce(task, orders.userSaid(task.id, text, images, task.nextTs()), cause)
    this.afterCommit(task, () => {
      const sent = run.send(text, images)
      if (sent.ok) this.#options.handed?.(task.id, { text, images })
      else this.#notTaken(task, sent)
    })
    return verdict
  }

  /** Does something to a task's run once the open transaction is committed. What it throws is the task's fault. */
  afterCommit(task: LiveTask, effect: () => void): void {
    this.#options.transactions.current.afterCommit(() => this.guarded(task, effect))
  }

  guarded(task: LiveTask, effect: () => void): void {
    try {
      effect()
    } catch (error) {
      this.#options.fault(task, error)
    }
  }

  /** Does `step` of a task as a transaction, when the store takes one again and what waits of it before is done. */
  hold(task: LiveTask, step: () => void): void {
    task.held++
    this.#pacing.hold(task)
    this.#options.outage.hold(() => {
      if (!this.#options.isLive(task)) return
      try {
        this.#options.transact(step)
      } catch (error) {
        if (isStoreUnavailable(error)) throw error
        this.#options.fault(task, error)
      }
      task.held--
    })
  }

  /** Runs that wait for nothing any more are read on. */
  readOn(): void {
    this.#pacing.flushed()
  }

  forget(task: LiveTask): void {
    this.#pacing.forget(task)
  }

  #runner(task: LiveTask): Runner {
    return this.#options.runners[runnerName(task.callboard)]
  }

  /** What waits goes to the run, as said by its clients. Nothing where the store takes nothing: it waits on. */
  #takeQueued(task: LiveTask): readonly QueuedText[] {
    let taken: readonly QueuedText[] = []
    let isAsked = true
    this.#step(task, () => {
      const waiting = task.queued
      if (!isAsked || waiting.length === 0) return
      this.#options.transactions.current.undo(task.memento())
      task.queued = []
      this.#options.touch(task)
      const said = waiting.flatMap(({ text, images = [] }) =>
        orders.userSaid(task.id, text, images, task.nextTs()),
      )
      this.#options.announce(task, [...orders.queueChanged(task.id, []), ...said], {})
      this.#options.transactions.current.afterCommit(() => {
        if (!isAsked) return
        taken = waiting.map(({ text, images = [] }) => ({ text, images }))
        for (const one of taken) this.#options.handed?.(task.id, one)
      })
    })
    isAsked = false
    return taken
  }

  #events(task: LiveTask): RunEvents {
    return runEvents(task, {
      step: (step) => this.#step(task, step),
      announce: (events) => {
        this.#options.transactions.current.undo(task.memento())
        this.#options.announce(task, events, {})
        this.#options.transactions.current.afterCommit(() => this.#pacing.produced(task))
      },
      takeQueued: () => this.#takeQueued(task),
      send: (event) => this.#options.send(task, event),
      touch: () => this.#options.touch(task),
      asked: (ask) => this.#options.asking.asked(task, ask, (step) => this.#step(task, step)),
      withdrew: (key) => this.#options.asking.withdrew(task, key),
      ending: () => this.#options.asking.runEnded(task),
    })
  }

  /** One thing that a run tells. */
  #step(task: LiveTask, step: () => void): void {
    const options = this.#options
    if (!options.isLive(task)) return
    if (task.held > 0 || options.outage.reason !== undefined) return this.hold(task, step)
    try {
      options.transact(step)
    } catch (error) {
      if (isStoreUnavailable(error)) this.hold(task, step)
      else options.fault(task, error)
    }
  }

  #notTaken(task: LiveTask, refusal: Outcome<void>): void {
    if (refusal.ok) return
    const { code, message } = refusal.error
    this.#options.log.warn({ task: task.id, code, reason: message }, 'a message was not taken')
    // Its client was told that it waits: nobody looks into the log for it.
    this.#step(task, () => this.#options.announce(task, orders.notTaken(task.id, message, task.nextTs()), {}))
  }
}
