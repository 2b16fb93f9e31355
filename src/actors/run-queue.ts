/**
 * Lets tasks run: at once where they may, else when their turn comes. What enters does so in its command's transaction;
 * what has left makes room for the next ones, each in a transaction of its own. Nothing new runs while the daemon drains.
 */
import { RunQueue } from '../broker/queue.ts'
import type { QueueTask } from '../broker/queue.ts'
import { isStoreUnavailable } from '../broker/transaction.ts'
import type { Broker } from './broker-actor.ts'
import type { LiveTask } from './live-task.ts'
import { exclusivity } from './profiles.ts'
import * as orders from './task-events.ts'

export class TaskQueue {
  readonly #broker: Broker
  readonly #queue: RunQueue
  /** Turns wait for the store. */
  #waits = false
  /** Tasks that came, also before the daemon was started again, as far as they wait. */
  #entered = 0

  constructor(broker: Broker) {
    this.#broker = broker
    const { runningTasks, tasksLiveMax, queuedTasksMax, queuedTasksBytesMax } = broker.parts.limits
    this.#queue = new RunQueue({
      slots: runningTasks === 0 ? tasksLiveMax : runningTasks,
      runningMax: tasksLiveMax,
      waitingMax: queuedTasksMax,
      waitingBytesMax: queuedTasksBytesMax,
    })
  }

  get runningCount(): number {
    return this.#queue.runningCount
  }

  get waitingCount(): number {
    return this.#queue.waitingCount
  }

  /** The places of those that wait, from 1, by task. */
  places(): ReadonlyMap<string, number> {
    return new Map(this.#queue.waiting().map((id, index) => [id, index + 1]))
  }

  /** Takes a task in, in the open transaction. `inside`: the task in which whoever starts or resumes it runs. */
  enter(task: LiveTask, inside: string | undefined): 'granted' | 'waiting' | 'full' {
    task.waits = { order: ++this.#entered, client: this.#client(task) }
    const outcome = this.#queue.enter(this.#entry(task, inside ?? task.parent))
    if (outcome !== 'full') this.#broker.transactions.current.undo(() => this.#queue.leave(task.id))
    return outcome
  }

  /** What follows from `enter`, when the task's machine is there: its slot, or its place. */
  proceed(task: LiveTask, outcome: 'granted' | 'waiting'): void {
    const { tasks } = this.#broker
    if (outcome === 'granted') return tasks.start(task)
    const place = this.#queue.place(task.id) ?? 1
    tasks.announce(task, orders.queued(task.id, place, task.callboard.priority ?? 0), task.cause)
  }

  /** It waited before the daemon was started again; those that came before it are readmitted before it. */
  readmit(task: LiveTask): void {
    this.#entered = Math.max(this.#entered, task.waits?.order ?? 0)
    this.#queue.readmit(this.#entry(task, undefined))
  }

  /** It is about to leave, in the open transaction, in which it may also come back: its place is another one then. */
  leaving(task: LiveTask): void {
    this.#broker.transactions.current.undo(this.#queue.withdraw(task.id))
  }

  /** It waits or runs no longer: that is committed. */
  left(task: LiveTask): void {
    this.#queue.leave(task.id)
    this.pump()
  }

  /** Lets all run whose turn has come. */
  pump(): void {
    if (this.#waits || this.#broker.isDraining) return
    try {
      this.#grantAll()
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error
      this.#waits = true
      this.#broker.outage.hold(() => {
        this.#grantAll()
        this.#waits = false
      })
    }
  }

  /** Whether it waits, and goes on waiting when the daemon is started again. */
  outlives(task: string): boolean {
    return this.#broker.parts.store.durability !== 'memory' && this.#queue.isWaiting(task)
  }

  /** How many do. */
  get outliving(): number {
    return this.#broker.parts.store.durability === 'memory' ? 0 : this.#queue.waitingCount
  }

  /** The daemon stops: what waits and would be forgotten ends now. */
  abandon(): void {
    const { tasks } = this.#broker
    for (const id of this.#queue.waiting()) {
      const task = this.outlives(id) ? undefined : tasks.live(id)
      if (task !== undefined) tasks.cancel(task, {})
    }
  }

  #grantAll(): void {
    while (!this.#broker.isDraining && this.#grant());
  }

  #grant(): boolean {
    let granted = false
    this.#broker.transact(() => {
      const next = this.#queue.next()
      if (next === undefined) return
      granted = true
      this.#broker.transactions.current.undo(() => next.undo())
      const task = this.#broker.tasks.live(next.id)
      if (task === undefined) this.#queue.leave(next.id)
      else this.#broker.tasks.start(task)
    })
    return granted
  }

  #entry(task: LiveTask, parent: string | undefined): QueueTask {
    const broker = this.#broker
    const { id, callboard } = task
    const exclusive = exclusivity(broker.profiles, callboard, broker.parts.realPath)
    return {
      id,
      client: this.#client(task),
      priority: callboard.priority ?? 0,
      bytes: requestChars(task),
      ...(exclusive === undefined ? {} : { exclusive }),
      ...(parent === undefined ? {} : { parent }),
    }
  }

  /** Whose turn it takes: its session's, which is no secret as a digest, over restarts as well. */
  #client({ waits, session, startedBy }: LiveTask): string {
    return waits?.client ?? (session === undefined ? startedBy : this.#broker.parts.digest(session.id))
  }
}

/** Nearly its bytes, without encoding images. */
function requestChars({ request }: LiveTask): number {
  const { text, images = [], configuration } = request
  const imageChars = images.reduce((sum, image) => sum + image.length, 0)
  return text.length + imageChars + JSON.stringify(configuration).length
}
