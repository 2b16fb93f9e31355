/**
 * The tasks that live: each is a root actor beside its run. Every step of one is part of a transaction: what it tells
 * and its record are one commit, and a step that could not be committed is undone, the actor put back where it was. A
 * task that throws becomes `failed` and takes nothing down.
 */
import { createActor } from 'xstate'
import type { ActorRefFrom } from 'xstate'
import type { taskMachine } from '../../machines/task.ts'
import type { TaskMachineEvent } from '../../machines/task.ts'
import { isStoreUnavailable } from '../broker/transaction.ts'
import type { Transactions } from '../broker/transaction.ts'
import type { Logger } from '../log.ts'
import type { QueuedText, Runner, RunnerName } from '../runners/runner.ts'
import type { TaskRecord } from '../store/store.ts'
import type { CallboardConfiguration, TaskState } from '../wire/commands.ts'
import type { TaskEvent, TaskMessage } from '../wire/events.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { ActorSetting } from './actor-setting.ts'
import type { Asking } from './asking.ts'
import { ClosedRequests } from './closed-requests.ts'
import type { Cause, LeftState, LiveTask } from './live-task.ts'
import type { Outage } from './outage.ts'
import type { PacingOptions } from './pacing.ts'
import { runnerName } from './profiles.ts'
import * as orders from './task-events.ts'
import { taskMachineWith } from './task-effects.ts'
import { TaskRuns } from './task-runs.ts'
import { persisted, settledSnapshot, shownState } from './task-snapshot.ts'
import type { TaskSnapshot } from './task-snapshot.ts'

export interface TaskActorsOptions extends Omit<PacingOptions, 'readOn'> {
  readonly runners: Readonly<Record<RunnerName, Runner>>
  readonly transactions: Transactions
  readonly outage: Outage
  /** What was said in a task so far. */
  transcript?(task: string): readonly TaskMessage[]
  /** Told what clients said to a task as its run is given it. */
  handed?(task: string, said: QueuedText): void
  readonly asking: Asking
  readonly log: Logger
  /** The daemon's own socket, for children. */
  readonly socketPath: string
  readonly actors?: ActorSetting
  /** Does `work` in the open transaction or in one of its own, past the broker's gate. Throws what the store throws. */
  transact(work: () => void): void
  /** A task leaves its runs behind, in the open transaction. */
  leaving(task: LiveTask, state: LeftState): void
  /** A task has left memory. */
  settled(task: LiveTask): void
}

type TaskRef = ActorRefFrom<typeof taskMachine>

export class TaskActors {
  readonly runs: TaskRuns
  readonly closed: ClosedRequests
  readonly #options: TaskActorsOptions
  readonly #machine: typeof taskMachine
  readonly #live = new Map<string, LiveTask>()
  readonly #actors = new Map<string, TaskRef>()

  constructor(options: TaskActorsOptions) {
    this.#options = options
    this.closed = new ClosedRequests(options.limits.tasksKeptBytesMax)
    this.runs = new TaskRuns({
      ...options,
      isLive: (task) => this.#live.get(task.id) === task,
      announce: (task, events, cause) => this.announce(task, events, cause),
      send: (task, event) => this.send(task, event),
      touch: (task) => this.touch(task),
      fault: (task, error) => this.#fault(task, error),
    })
    this.#machine = taskMachineWith({
      find: (id) => this.#live.get(id),
      announce: (task, events) => this.announce(task, events, task.cause),
      startRun: (task) => this.runs.start(task),
      cancelRun: (task) => this.runs.afterCommit(task, () => task.run?.cancel()),
      // Not a change of the task: it is done also where nothing can be committed.
      killRun: (task) => task.run?.kill(),
      runStarted: (task) => this.runs.started(task),
      leave: (task, state) => this.#leave(task, state),
    })
    options.actors?.count?.(this.#machine)
  }

  /** Tasks that are in memory: neither settled nor closed. */
  get liveCount(): number {
    return this.#live.size
  }

  /** The task with this id, unless it has settled, also if that is only about to be committed. */
  live(id: string): LiveTask | undefined {
    const task = this.#live.get(id)
    return task?.left === undefined ? task : undefined
  }

  /** Live tasks, oldest first. */
  all(): Iterable<LiveTask> {
    return this.#live.values()
  }

  /** A live task as a record, in the state that its machine is in. */
  liveRecord(task: LiveTask): TaskRecord {
    const snapshot = this.#actors.get(task.id)?.getSnapshot()
    if (snapshot === undefined) throw new Error('a live task has no actor')
    const { runs, exit } = snapshot.context
    const about = { runs, ...(exit === null ? {} : { exit }) }
    if (task.left !== undefined) return task.record(task.left, about)
    return task.record(shownState(snapshot), { ...about, machine: persisted(snapshot) })
  }

  stateOf(task: LiveTask): TaskState {
    const snapshot = this.#actors.get(task.id)?.getSnapshot()
    return snapshot === undefined ? 'closed' : shownState(snapshot)
  }

  /** Whether a task with this configuration can run again once it has settled. */
  canResume(callboard: CallboardConfiguration): boolean {
    return this.#options.runners[runnerName(callboard)].resumable
  }

  /** What would keep this task from starting, found without starting it. */
  check(task: LiveTask): Outcome<void> {
    const { runners, socketPath } = this.#options
    return runners[runnerName(task.callboard)].check(task.forRunner(socketPath))
  }

  /** Takes in a task: a new one in `queued`, or one of a record where its machine stood. */
  add(task: LiveTask, snapshot?: TaskSnapshot): void {
    this.#options.transact(() => {
      const earlier = [this.#live.get(task.id), this.#actors.get(task.id)] as const
      this.#spawn(task, snapshot)
      this.#options.transactions.current.undo(() => this.#putBack(task.id, ...earlier))
      this.touch(task)
    })
  }

  /** Runs a task for the first time, or once its turn has come. */
  start(task: LiveTask): void {
    this.send(task, { type: 'slot.granted' })
  }

  /** Takes up a settled or closed task, which then waits for its slot. */
  resume(task: LiveTask, record: TaskRecord): void {
    this.add(task, settledSnapshot(record))
    this.#options.transactions.current.undo(this.closed.forget(task.id))
    this.announce(task, orders.resumed(task.id), task.cause)
    this.send(task, { type: 'resume' })
  }

  cancel(task: LiveTask, cause: Cause): void {
    this.send(task, { type: 'cancel' }, cause)
  }

  /** Closes a live task, or puts a settled one (with its record) away. */
  close(task: LiveTask, cause: Cause, record?: TaskRecord): void {
    if (record !== undefined) this.add(task, settledSnapshot(record))
    this.send(task, { type: 'close' }, cause)
  }

  /** Cancels whatever runs; where that cannot be committed, at least its runs. */
  cancelAll(mayCancel: (task: LiveTask) => boolean): void {
    for (const task of [...this.#live.values()].filter(mayCancel)) {
      try {
        this.send(task, { type: 'cancel' })
      } catch (error) {
        this.#options.log.warn({ err: error, task: task.id }, 'cancelled without a trace')
        this.runs.guarded(task, () => task.run?.cancel())
      }
    }
  }

  killAll(): void {
    for (const task of [...this.#live.values()]) this.#actors.get(task.id)?.send({ type: 'kill' })
  }

  /** Tells a task's machine something, in a transaction; its record is part of it. Throws what the store throws. */
  send(task: LiveTask, event: TaskMachineEvent, cause: Cause = task.cause): void {
    const actor = this.#actors.get(task.id)
    if (actor === undefined) return
    this.#options.transact(() => {
      this.#mayUndo(task, actor)
      task.cause = cause
      actor.send(event)
      this.touch(task)
    })
  }

  /** Journals events of a task in the open transaction. */
  announce(task: LiveTask, events: readonly TaskEvent[], cause: Cause): void {
    if (events.length === 0) return
    task.tells(events)
    const { by, causedBy } = cause
    const first = this.#options.transactions.current.stage({ task: task.id, events, by, causedBy })
    if (events[0]?.eventName === 'taskCreated') task.firstSeq = first
  }

  /** Its record is written with the open transaction. */
  touch(task: LiveTask): void {
    this.#options.transactions.current.save(task.id, () => this.liveRecord(task))
  }

  #mayUndo(task: LiveTask, actor: TaskRef): void {
    const before = actor.getSnapshot()
    const putBack = task.memento()
    this.#options.transactions.current.undo(() => {
      putBack()
      if (this.#actors.get(task.id) === actor && actor.getSnapshot() === before) return
      actor.stop()
      this.#spawn(task, before)
    })
  }

  #spawn(task: LiveTask, snapshot: TaskSnapshot | undefined): void {
    const setting = { ...this.#options.actors, input: { id: task.id } }
    const actor = createActor(this.#machine, snapshot === undefined ? setting : { ...setting, snapshot })
    this.#live.set(task.id, task)
    this.#actors.set(task.id, actor)
    actor.subscribe({ error: (error: unknown) => this.#fault(task, error) })
    actor.start()
  }

  #putBack(id: string, task: LiveTask | undefined, actor: TaskRef | undefined): void {
    this.#actors.get(id)?.stop()
    this.#live.delete(id)
    this.#actors.delete(id)
    if (task !== undefined) this.#live.set(id, task)
    if (actor !== undefined) this.#actors.set(id, actor)
  }

  #leave(task: LiveTask, state: LeftState): void {
    this.#options.leaving(task, state)
    task.left = state
    const { current } = this.#options.transactions
    // At once: it may be resumed in this transaction.
    if (state === 'closed' && task.resumable) current.undo(this.closed.keep(task.id, task.request))
    current.afterCommit(() => this.#forget(task))
  }

  #forget(task: LiveTask): void {
    this.runs.forget(task)
    if (this.#live.get(task.id) !== task) return
    this.#actors.get(task.id)?.stop()
    this.#live.delete(task.id)
    this.#actors.delete(task.id)
    this.#options.settled(task)
  }

  /** Our own code threw for this task: its run is ended, it is told as failed, and nobody else notices. */
  #fault(task: LiveTask, error: unknown): void {
    const log = this.#options.log.child({ task: task.id })
    log.error({ err: error }, 'task failed')
    if (this.live(task.id) !== task) return
    try {
      task.run?.kill()
    } catch (second) {
      log.error({ err: second }, 'the run of a failed task could not be ended')
    }
    try {
      this.#options.transact(() => this.#tellFailed(task))
    } catch (second) {
      if (isStoreUnavailable(second)) return this.runs.hold(task, () => this.#tellFailed(task))
      log.error({ err: second }, 'a failed task could not be put away')
      this.#forget(task)
    }
  }

  #tellFailed(task: LiveTask): void {
    this.#options.transactions.current.undo(task.memento())
    this.#options.asking.runEnded(task)
    const reason = 'The daemon failed on this task; its log says why.'
    this.announce(task, orders.failed(task.id, { text: reason }, task.nextTwoTs(), task.resumable), {})
    this.touch(task)
    this.#leave(task, 'failed')
  }
}
