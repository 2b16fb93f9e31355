/**
 * Gives machines/broker.ts its effects, and keeps its gate: what it routes and journals is asked of the machine's state.
 * The broker owns the data plane (journal, lanes, delivery, sessions), its transactions, and the tables of connection
 * and task actors; the daemon makes one and binds listeners to it. The trap: it does one thing at a time. What comes
 * while it does, a step of its machine also, waits until that is done: an answer must not come after its link's end.
 */
import { createActor } from 'xstate'
import type { ActorRefFrom } from 'xstate'
import { brokerMachine } from '../../machines/broker.ts'
import type { BrokerEvent, BrokerTag } from '../../machines/broker.ts'
import { Leases } from '../broker/leases.ts'
import { Transactions } from '../broker/transaction.ts'
import type { Logger } from '../log.ts'
import type { TaskRecord } from '../store/store.ts'
import type { Ack } from '../wire/envelope.ts'
import { ackFor } from './ack.ts'
import { Asking } from './asking.ts'
import { attachReader } from './audience.ts'
import type { Connection } from './connection.ts'
import type { ConnectionActors, ConnectionOwner } from './connection-actor.ts'
import { answersOf, boundAnswers } from './answer-budget.ts'
import { routeInbox } from './command-router.ts'
import { Deadlines } from './deadlines.ts'
import { takeUpEarlierWork } from './earlier-work.ts'
import type { BrokerParts } from './broker-parts.ts'
import { announceDrain, letConnectionsGo } from './drain.ts'
import { leaseClosed } from './claim-task.ts'
import type { LeftState, LiveTask } from './live-task.ts'
import { Mailbox } from './mailbox.ts'
import { Outage } from './outage.ts'
import type { Recovered } from './recovery.ts'
import { PresenceNews } from './presence-news.ts'
import type { Profiles } from './profiles.ts'
import { sessionGone } from './lease-sessions.ts'
import { TaskQueue } from './run-queue.ts'
import type { TaskActors } from './task-actor.ts'

export class Broker implements ConnectionOwner {
  readonly parts: BrokerParts
  readonly log: Logger
  readonly transactions: Transactions
  readonly outage: Outage
  readonly leases: Leases
  readonly asking: Asking
  readonly queue: TaskQueue
  readonly deadlines: Deadlines
  readonly presence: PresenceNews
  /** What this start found of an earlier one. */
  recovered: Recovered = { interrupted: [], queued: [] }
  readonly #actor: ActorRefFrom<typeof brokerMachine>
  #profiles: Profiles
  #connections: ConnectionActors | undefined
  #tasks: TaskActors | undefined
  readonly #mailbox = new Mailbox((error) => this.log.error({ err: error }, 'a step of the broker failed'))
  #forgetting: NodeJS.Timeout | undefined

  constructor(parts: BrokerParts) {
    this.parts = parts
    this.#profiles = parts.profiles
    this.log = parts.log.child({ actor: 'broker' })
    const { journal, store, sessions, delivery } = parts
    this.transactions = new Transactions({
      journal,
      store,
      sessions,
      announce: (entries) => delivery.announce(entries),
      effectFailed: (error) => this.log.error({ err: error }, 'what a commit led to failed'),
      refused: (error) => this.outage.note(error),
    })
    this.outage = new Outage({
      probe: () => store.probe(),
      retryMs: parts.limits.storeRetryMs,
      log: this.log,
      over: () => this.tasks.runs.readOn(),
    })
    this.leases = new Leases(parts.limits)
    this.asking = new Asking(this)
    this.queue = new TaskQueue(this)
    this.deadlines = new Deadlines(this)
    this.presence = new PresenceNews(this)
    const machine = brokerMachine.provide({
      actions: {
        announceDrain: ({ context }) => {
          announceDrain(this, context.drainDeadlineMs)
          this.queue.abandon()
          // A machine is not told from inside its own action that it is done.
          setImmediate(() => this.taskSettled())
        },
        cancelTasks: () => this.tasks.cancelAll((task) => !this.queue.outlives(task.id)),
        killTasks: () => {
          this.queue.abandon()
          this.tasks.killAll()
          setImmediate(() => this.taskSettled())
        },
        drainConnections: () => {
          clearTimeout(this.#forgetting)
          this.outage[Symbol.dispose]()
          this.deadlines[Symbol.dispose]()
          this.presence[Symbol.dispose]()
          letConnectionsGo(this)
        },
      },
    })
    const { cancelGraceMs, reapDeadlineMs } = parts.limits
    parts.actors?.count?.(machine)
    this.#actor = createActor(machine, { ...parts.actors, input: { cancelGraceMs, reapDeadlineMs } })
    this.#actor.subscribe({ error: (error: unknown) => this.log.fatal({ err: error }, 'broker failed') })
  }

  get profiles(): Profiles {
    return this.#profiles
  }

  /** For tasks that start from now on. */
  set profiles(profiles: Profiles) {
    this.#profiles = profiles
  }

  get connections(): ConnectionActors {
    if (this.#connections === undefined) throw new Error('the broker has not been joined')
    return this.#connections
  }

  get tasks(): TaskActors {
    if (this.#tasks === undefined) throw new Error('the broker has not been joined')
    return this.#tasks
  }

  /** Joins the two tables that need the broker themselves; to be called once, before `start`. */
  join(connections: ConnectionActors, tasks: TaskActors): void {
    this.#connections = connections
    this.#tasks = tasks
    this.#actor.start()
  }

  get state(): string {
    const value = this.#actor.getSnapshot().value
    return typeof value === 'string' ? value : `draining.${value.draining}`
  }

  /** True once no new task is taken. */
  get isDraining(): boolean {
    return this.state !== 'serving'
  }

  listenersBound(): void {
    this.#tell({ type: 'listeners.bound' })
    takeUpEarlierWork(this)
    // Sessions of an earlier start for which nobody came back.
    const { sessionGraceMs } = this.parts.limits
    this.#forgetting = setTimeout(() => this.#forgetSessions(), sessionGraceMs + 1).unref()
  }

  /** Takes no new task, cancels running ones after the deadline, then lets every link go. */
  drain(deadlineMs: number): void {
    this.#tell({ type: 'drain', deadlineMs })
  }

  /** Ends running tasks by force, then lets every link go. */
  force(): void {
    this.#tell({ type: 'force' })
  }

  /** A task is about to leave memory, in the open transaction. */
  taskLeaving(task: LiveTask, state: LeftState): void {
    this.asking.runEnded(task)
    this.queue.leaving(task)
    if (state === 'closed') leaseClosed(this, task.id, task.cause)
  }

  /** A task has left memory: that may have been the last one, and others may have waited for its place. */
  taskLeft(task: LiveTask): void {
    this.queue.left(task)
    this.taskSettled()
  }

  taskSettled(): void {
    if (this.tasks.liveCount > this.queue.outliving || this.#actor.getSnapshot().status !== 'active') return
    this.#tell({ type: 'tasks.settled' })
  }

  /**
   * Does `work` as a transaction, or in the open one. Throws what it or the store throws: then nothing was done. Once
   * the broker has stopped it does nothing.
   */
  transact(work: () => void): void {
    if (this.#mailbox.isBusy || this.transactions.isOpen) return this.transactions.run(work)
    if (!this.#isIn('journaling')) return
    this.#mailbox.run(() => this.transactions.run(work))
  }

  /** A task's record, as the open transaction has it or the store. */
  record(id: string): TaskRecord | undefined {
    const open = this.transactions.isOpen ? this.transactions.current : undefined
    return open?.forgets(id) === true ? undefined : (open?.record(id) ?? this.parts.store.task(id))
  }

  // --- what connections tell -----------------------------------------------------------------------------------------

  admit(live: number): string | undefined {
    if (live >= this.parts.limits.connectionsMax) return `${live} connections are open, which is the limit`
    return this.#isIn('routing') ? undefined : 'the daemon is stopping'
  }

  ack(clientId: string): Ack {
    return ackFor(this.parts, clientId)
  }

  attached(connection: Connection): void {
    attachReader(this, connection)
  }

  detached(connection: Connection): void {
    if (connection.subscriber !== undefined) this.parts.delivery.leave(connection.subscriber)
  }

  received(connection: Connection): void {
    this.#mailbox.post(() => this.#route(connection))
  }

  /** Something waits in the connection's outbox: it leaves at the end of the turn. At its bound it is not read on. */
  wake(connection: Connection): void {
    if (connection.subscriber !== undefined) this.parts.delivery.wake(connection.subscriber)
    if (connection.outbox.isFull) this.connections.stopReading(connection)
    if (answersOf(connection) >= this.parts.limits.answersShareBytes) boundAnswers(this)
  }

  gone(connection: Connection): void {
    if (connection.subscriber !== undefined) this.parts.delivery.remove(connection.subscriber)
    if (connection.session !== undefined) sessionGone(this, connection, connection.session)
    this.presence.left(connection)
    if (connection.native) this.deadlines.nativeLeft()
  }

  #isIn(tag: BrokerTag): boolean {
    const state = this.#actor.getSnapshot()
    return state.status === 'active' && state.hasTag(tag)
  }

  #tell(event: BrokerEvent): void {
    this.#mailbox.post(() => this.#actor.send(event))
  }

  /** The commands that wait in a connection's inbox. A throw is that connection's alone. */
  #route(connection: Connection): void {
    if (!this.#isIn('routing') || this.connections.get(connection.id) !== connection) return
    try {
      routeInbox(this, connection)
    } catch (error) {
      this.connections.failed(connection, error)
    }
  }

  #forgetSessions(): void {
    try {
      this.parts.sessions.forgetOld()
      if (this.outage.reason === undefined) this.transact(() => undefined)
    } catch (error) {
      this.log.warn({ err: error }, 'sessions that nobody came back for could not be forgotten')
    }
  }
}
