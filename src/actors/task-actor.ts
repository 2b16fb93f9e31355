/**
 * Gives machines/task.ts its effects and supervises the tasks that live: each is a root actor beside its run. What
 * happens to a task is journaled before it is announced; a task that throws becomes `failed` and takes nothing down.
 */
import { createActor } from 'xstate'
import type { ActorRefFrom } from 'xstate'
import { taskMachine } from '../../machines/task.ts'
import type { SettledState, TaskContext } from '../../machines/task.ts'
import type { JournalDraft } from '../broker/journal.ts'
import type { Logger } from '../log.ts'
import type { RunEvents, Runner, RunnerName } from '../runners/runner.ts'
import type { Store, TaskRecord } from '../store/store.ts'
import type { CallboardConfiguration, TaskState } from '../wire/commands.ts'
import type { TaskEvent } from '../wire/events.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { ActorSetting } from './actor-setting.ts'
import type { Cause, LiveTask } from './live-task.ts'
import { Pacing } from './pacing.ts'
import type { PacingOptions } from './pacing.ts'
import { runnerName } from './profiles.ts'
import { runEvents } from './run-events.ts'
import * as orders from './task-events.ts'
import { settledSnapshot, shownState } from './task-snapshot.ts'
import type { TaskSnapshot } from './task-snapshot.ts'

export interface TaskActorsOptions extends Omit<PacingOptions, 'readOn'> {
  readonly runners: Readonly<Record<RunnerName, Runner>>
  readonly store: Store
  readonly log: Logger
  /** The daemon's own socket, for children. */
  readonly socketPath: string
  readonly actors?: ActorSetting
  /** Journals and announces; throws where the store cannot commit. */
  produce(batch: JournalDraft): void
  /** A task has left memory. */
  settled(): void
}

type TaskRef = ActorRefFrom<typeof taskMachine>

export class TaskActors {
  readonly #options: TaskActorsOptions
  readonly #machine: typeof taskMachine
  readonly #live = new Map<string, LiveTask>()
  readonly #actors = new Map<string, TaskRef>()
  readonly #pacing: Pacing

  constructor(options: TaskActorsOptions) {
    this.#options = options
    this.#pacing = new Pacing({
      ...options,
      readOn: (task) => this.#guarded(task, () => task.run?.resume()),
    })
    const act =
      (effect: (task: LiveTask, context: TaskContext) => void) =>
      ({ context }: { context: TaskContext }): void => {
        const task = this.#live.get(context.id)
        if (task !== undefined) effect(task, context)
      }
    const announce = (
      events: (task: LiveTask, context: TaskContext) => TaskEvent[],
    ): ReturnType<typeof act> => act((task, context) => this.#announce(task, events(task, context)))
    this.#machine = taskMachine.provide({
      actions: {
        startRun: act((task) => this.#startRun(task)),
        cancelRun: act((task) => task.run?.cancel()),
        killRun: act((task) => task.run?.kill()),
        announceStarted: act((task) => this.#announceStarted(task)),
        announceCompleted: announce((task, { outcome }) =>
          orders.completed(task.id, task.result ?? { ok: true, text: outcome }, task.nextTwoTs()),
        ),
        announceFailed: announce((task, { outcome, exit }) =>
          orders.failed(task.id, outcome, exit ?? undefined, task.nextTs(), task.resumable),
        ),
        announceNotStarted: announce((task, { outcome }) =>
          orders.notStarted(task.id, outcome, task.nextTs()),
        ),
        announceAborted: announce((task, { exit }) =>
          orders.aborted(task.id, exit ?? undefined, task.resumable),
        ),
        announceInterrupted: announce((task, { outcome }) =>
          orders.interrupted(task.id, outcome, task.nextTs(), task.resumable),
        ),
        announceInteractive: announce((task) => [{ eventName: 'taskInteractive', payload: [task.id] }]),
        announceActive: announce((task) => [{ eventName: 'taskActive', payload: [task.id] }]),
        announceClosed: act((task, context) => this.#close(task, context)),
        settle: ({ context }, { state }) => {
          const task = this.#live.get(context.id)
          if (task !== undefined) this.#settle(task, context, state)
        },
      },
    })
    options.actors?.count?.(this.#machine)
  }

  /** Tasks that are neither settled nor closed. */
  get liveCount(): number {
    return this.#live.size
  }

  live(id: string): LiveTask | undefined {
    return this.#live.get(id)
  }

  /** Live tasks, oldest first. */
  all(): Iterable<LiveTask> {
    return this.#live.values()
  }

  /** A live task as a record, in the state that its machine is in. */
  liveRecord(task: LiveTask): TaskRecord {
    return task.record(this.stateOf(task), null)
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

  /** Runs a task for the first time. */
  start(task: LiveTask): void {
    this.#spawn(task, undefined)
    this.#send(task, { type: 'slot.granted' })
  }

  /** Runs a settled or closed task again. */
  resume(task: LiveTask, record: TaskRecord): void {
    this.#spawn(task, settledSnapshot(record))
    this.#send(task, { type: 'resume' })
  }

  cancel(task: LiveTask, cause: Cause): void {
    task.cause = cause
    this.#send(task, { type: 'cancel' })
  }

  /** Closes a live task, or puts a settled one (with its record) away. */
  close(task: LiveTask, cause: Cause, record?: TaskRecord): void {
    task.cause = cause
    if (record !== undefined) this.#spawn(task, settledSnapshot(record))
    this.#send(task, { type: 'close' })
  }

  cancelAll(): void {
    for (const task of [...this.#live.values()]) this.#send(task, { type: 'cancel' })
  }
  killAll(): void {
    for (const task of [...this.#live.values()]) this.#send(task, { type: 'kill' })
  }

  /** The turn's events are out: runners may be read on. */
  flushed(): void {
    this.#pacing.flushed()
  }

  /** Journals events of a task, attributed to whoever caused them. */
  announce(task: LiveTask, events: readonly TaskEvent[], cause: Cause): void {
    if (events.length > 0) this.#options.produce({ task: task.id, events, ...cause })
  }

  #announce(task: LiveTask, events: TaskEvent[]): void {
    this.announce(task, events, task.cause)
  }

  #send(task: LiveTask, event: Parameters<TaskRef['send']>[0]): void {
    this.#actors.get(task.id)?.send(event)
  }

  #spawn(task: LiveTask, snapshot: TaskSnapshot | undefined): void {
    const setting = { ...this.#options.actors, input: { id: task.id } }
    const actor = createActor(this.#machine, snapshot === undefined ? setting : { ...setting, snapshot })
    this.#live.set(task.id, task)
    this.#actors.set(task.id, actor)
    actor.subscribe({
      error: (error: unknown) => this.#fault(task, error),
      complete: () => this.#forget(task),
    })
    actor.start()
  }

  #startRun(task: LiveTask): void {
    task.runs++
    task.result = undefined
    const { runners, socketPath } = this.#options
    const runner = runners[runnerName(task.callboard)]
    task.run = runner.start(task.forRunner(socketPath), this.#runEvents(task))
  }

  #runEvents(task: LiveTask): RunEvents {
    return runEvents(task, {
      // A run that was given up with its task may still have something to say.
      guarded: (effect) => {
        if (this.#live.get(task.id) === task) this.#guarded(task, effect)
      },
      announce: (events) => {
        this.announce(task, events, {})
        this.#pacing.produced(task)
      },
      send: (event) => this.#send(task, event),
    })
  }

  #guarded(task: LiveTask, effect: () => void): void {
    try {
      effect()
    } catch (error) {
      this.#fault(task, error)
    }
  }

  #announceStarted(task: LiveTask): void {
    this.#announce(task, orders.started(task.id))
    // What the run does from here on is its own doing.
    task.cause = {}
    const waiting = task.queued
    if (waiting.length === 0) return
    task.queued = []
    this.announce(task, orders.queueChanged(task.id, []), {})
    for (const { text, images } of waiting) {
      const taken = this.sendToRun(task, text, images ?? [], {})
      if (taken?.ok === false) this.#options.log.warn({ task: task.id }, 'a waiting message was not taken')
    }
  }

  /** Hands a client's message to the run, and journals it; what the run does not take is logged. */
  sendToRun(
    task: LiveTask,
    text: string,
    images: readonly string[],
    cause: Cause,
  ): Outcome<void> | undefined {
    const outcome = task.run?.send(text, images)
    if (outcome?.ok === true)
      this.announce(task, orders.userSaid(task.id, text, images, task.nextTs()), cause)
    return outcome
  }

  #settle(task: LiveTask, context: TaskContext, state: SettledState): void {
    this.#options.store.commit({ tasks: [task.record(state, context.exit)] })
    this.#leave(task)
  }

  #close(task: LiveTask, context: TaskContext): void {
    this.#announce(task, orders.closed(task.id))
    this.#options.store.commit({ tasks: [task.record('closed', context.exit)] })
  }

  /** After the transition that settled it: an actor cannot be stopped inside its own action. */
  #leave(task: LiveTask): void {
    task.isSettled = true
    queueMicrotask(() => {
      if (!task.isSettled || this.#live.get(task.id) !== task) return
      this.#actors.get(task.id)?.stop()
      this.#forget(task)
    })
  }

  #forget(task: LiveTask): void {
    this.#actors.delete(task.id)
    this.#pacing.forget(task)
    if (this.#live.delete(task.id)) this.#options.settled()
  }

  /** Our own code threw for this task: its run is ended, it is told as failed, and nobody else notices. */
  #fault(task: LiveTask, error: unknown): void {
    const log = this.#options.log.child({ task: task.id })
    log.error({ err: error }, 'task failed')
    if (this.#live.get(task.id) !== task) return
    const reason = 'The daemon failed on this task; its log says why.'
    const lastSteps = [
      (): void => task.run?.kill(),
      (): void =>
        this.announce(task, orders.failed(task.id, reason, undefined, task.nextTs(), task.resumable), {}),
      (): void => this.#options.store.commit({ tasks: [task.record('failed', null)] }),
      (): void => {
        this.#actors.get(task.id)?.stop()
      },
    ]
    for (const step of lastSteps) {
      try {
        step()
      } catch (second) {
        log.error({ err: second }, 'a failed task could not be put away')
      }
    }
    // Last: a daemon that drains takes no events after its last task is gone.
    this.#forget(task)
  }
}
