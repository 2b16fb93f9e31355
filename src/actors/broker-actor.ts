/**
 * Gives machines/broker.ts its effects: routing, journaling, draining. The broker owns the data plane (journal, lanes,
 * delivery, sessions) and the tables of connection and task actors; the daemon makes one and binds listeners to it.
 */
import { createHash } from 'node:crypto'
import { createActor } from 'xstate'
import type { ActorRefFrom } from 'xstate'
import { brokerMachine } from '../../machines/broker.ts'
import type { EventBatch } from '../../machines/broker.ts'
import type { Delivery } from '../broker/delivery.ts'
import { Subscriber } from '../broker/delivery.ts'
import type { Journal } from '../broker/journal.ts'
import type { Lanes } from '../broker/lane.ts'
import { everything, subscriptionFilter } from '../broker/subscriptions.ts'
import type { Session, Sessions } from '../broker/sessions.ts'
import type { Limits } from '../limits.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Ack, ClientMessage, CommandMessage, Status } from '../wire/envelope.ts'
import { protocolVersion } from '../wire/envelope.ts'
import { refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Connection } from './connection.ts'
import type { ConnectionActors, ConnectionOwner } from './connection-actor.ts'
import { routeCommand } from './routing.ts'
import { sayHello } from './hello.ts'
import type { Profiles } from './profiles.ts'
import type { TaskActors } from './task-actor.ts'
import { couldNotStart } from './task-events.ts'

/** The parts that a broker joins. `connections` and `tasks` are made with it: see `createBroker`. */
export interface BrokerParts {
  readonly journal: Journal
  readonly lanes: Lanes
  readonly delivery: Delivery
  readonly sessions: Sessions
  readonly store: Store
  readonly limits: Limits
  readonly log: Logger
  readonly now: () => number
  readonly newTaskId: () => string
  readonly profiles: Profiles
  /** What GetStatus says of the daemon besides the broker's own. */
  readonly identity: Pick<Status, 'version' | 'pid' | 'startedAt' | 'listeners'> & { readonly ppid: number }
  /** A client asked the daemon to stop. */
  readonly shutdownRequested: (deadlineMs: number | undefined) => void
  /** Every task has settled and every link has been let go. */
  readonly stopped: () => void
}

export class Broker implements ConnectionOwner {
  readonly parts: BrokerParts
  readonly log: Logger
  readonly #actor: ActorRefFrom<typeof brokerMachine>
  #connections: ConnectionActors | undefined
  #tasks: TaskActors | undefined
  /** The `serving` action is on the stack: what it journals needs no event of its own. */
  #routing = false
  #drainTimer: NodeJS.Timeout | undefined

  constructor(parts: BrokerParts) {
    this.parts = parts
    this.log = parts.log.child({ actor: 'broker' })
    const machine = brokerMachine.provide({
      actions: {
        routeCommands: ({ event }) => {
          if (event.type === 'commands.received') this.#routeInbox(event.connectionId)
        },
        appendEvents: ({ event }) => {
          if (event.type === 'events.produced') this.#append(event.batch)
        },
        announceDrain: ({ context }) => this.#announceDrain(context.drainDeadlineMs),
        cancelTasks: () => this.tasks.cancelAll(),
        killTasks: () => this.tasks.killAll(),
        drainConnections: () => this.#drainConnections(),
      },
    })
    this.#actor = createActor(machine, { input: { cancelGraceMs: parts.limits.cancelGraceMs } })
    this.#actor.subscribe({ error: (error: unknown) => this.log.fatal({ err: error }, 'broker failed') })
  }

  get profiles(): Profiles {
    return this.parts.profiles
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
    return !this.#actor.getSnapshot().matches('serving')
  }

  listenersBound(): void {
    this.#actor.send({ type: 'listeners.bound' })
  }

  /** Takes no new task, cancels running ones after the deadline, then lets every link go. */
  drain(deadlineMs: number): void {
    this.#actor.send({ type: 'drain', deadlineMs })
  }

  /** Ends running tasks by force, then lets every link go. */
  force(): void {
    this.#actor.send({ type: 'force' })
  }

  taskSettled(): void {
    if (this.tasks.liveCount === 0) this.#actor.send({ type: 'tasks.settled' })
  }

  /** Journals events and marks their readers. Throws where the store cannot commit: then nothing was announced. */
  produce(batch: EventBatch): void {
    if (this.#routing) this.#append(batch)
    else this.#actor.send({ type: 'events.produced', batch })
  }

  // --- what connections tell -----------------------------------------------------------------------------------------

  admit(live: number): string | undefined {
    if (live >= this.parts.limits.connectionsMax) return `${live} connections are open, which is the limit`
    const state = this.#actor.getSnapshot()
    if (!state.matches('serving') && !state.matches('draining')) return 'the daemon is stopping'
    return undefined
  }

  ack(clientId: string): Ack {
    const { identity, journal } = this.parts
    return {
      type: 'Ack',
      origin: 'server',
      data: {
        clientId,
        pid: identity.pid,
        ppid: identity.ppid,
        protocol: { name: 'callboard', version: protocolVersion },
        epoch: journal.epoch,
        head: journal.head,
      },
    }
  }

  attached(connection: Connection): void {
    const session = this.parts.sessions.open(connection.policy.path, undefined)
    this.bind(connection, session)
    session.filter = connection.policy.scope === 'own' ? this.ownFilter(session, {}) : everything
    const subscriber = new Subscriber(
      {
        write: (bytes) => connection.link.write(bytes),
        lagChanged: (congested) => this.connections.send(connection, congested ? 'lag.rose' : 'lag.fell'),
        fellBehind: (from, firstAvailable) => this.#fellBehind(connection, from, firstAvailable),
        outboxMoved: () => this.connections.outboxMoved(connection),
      },
      connection.outbox,
    )
    connection.subscriber = subscriber
    connection.drained = () => this.parts.delivery.drained(subscriber)
    this.subscribe(connection, connection.startAfter)
  }

  detached(connection: Connection): void {
    if (connection.subscriber !== undefined) this.parts.delivery.leave(connection.subscriber)
  }

  received(connection: Connection): void {
    this.#actor.send({ type: 'commands.received', connectionId: connection.id })
  }

  gone(connection: Connection): void {
    if (connection.subscriber !== undefined) this.parts.delivery.remove(connection.subscriber)
    if (connection.session !== undefined) this.parts.sessions.detach(connection.session, connection.id)
  }

  // --- subscriptions -------------------------------------------------------------------------------------------------

  /** Makes a session this connection's. */
  bind(connection: Connection, session: Session): void {
    connection.session = session
    this.parts.sessions.attach(session, connection.id)
  }

  ownFilter(
    session: Session,
    wanted: Parameters<typeof subscriptionFilter>[0],
  ): ReturnType<typeof subscriptionFilter> {
    return subscriptionFilter(wanted, { key: session.id, tasks: session.ownTasks })
  }

  /** Puts the connection's link into the lane of its session's filter, after a sequence; false at the lanes' bound. */
  subscribe(connection: Connection, after: number): boolean {
    const { subscriber, session } = connection
    if (subscriber === undefined || session === undefined) return false
    if (session.filter === undefined) {
      this.parts.delivery.leave(subscriber)
      return true
    }
    const lane = this.parts.lanes.open(
      { codec: connection.policy.codec, native: connection.native },
      session.filter,
    )
    if (lane === undefined) return false
    this.parts.delivery.enter(subscriber, lane, after)
    return true
  }

  // --- answers -------------------------------------------------------------------------------------------------------

  /** Puts a Reply into the connection's outbox, and keeps it for a repetition of the request. */
  reply(connection: Connection, requestId: string, outcome: Outcome<unknown>, digest?: string): void {
    const data = outcome.ok
      ? { ok: true as const, result: outcome.value ?? null }
      : { ok: false as const, error: { ...outcome.error } }
    const frame = connection.answer({ type: 'Reply', origin: 'server', requestId, data })
    if (digest !== undefined && frame !== undefined)
      connection.session?.replies.keep(requestId, digest, frame)
    this.wake(connection)
  }

  wake(connection: Connection): void {
    if (connection.subscriber !== undefined) this.parts.delivery.wake(connection.subscriber)
    if (connection.outbox.isFull) this.connections.stopReading(connection)
  }

  // --- effects -------------------------------------------------------------------------------------------------------

  #append(batch: EventBatch): void {
    this.parts.delivery.announce(this.parts.journal.append(batch))
  }

  #routeInbox(connectionId: string): void {
    const connection = this.connections.get(connectionId)
    if (connection === undefined) return
    this.#routing = true
    try {
      let taken = 0
      for (const item of connection.inbox) {
        if (connection.outbox.isFull) break
        taken++
        if (item.ok) this.#route(connection, item.message)
        else this.#refuse(connection, item.refusal)
      }
      connection.inbox.splice(0, taken)
    } finally {
      this.#routing = false
    }
  }

  #refuse(
    connection: Connection,
    refusal: { rejection: Parameters<Connection['noteRefusal']>[0]; requestId?: string; excerpt: string },
  ): void {
    connection.noteRefusal(refusal.rejection, refusal.excerpt)
    if (refusal.requestId !== undefined) {
      this.reply(connection, refusal.requestId, { ok: false, error: refusal.rejection })
    }
  }

  #route(connection: Connection, message: ClientMessage): void {
    const requestId = message.type === 'Hello' ? 'hello' : message.requestId
    if (message.clientId !== undefined && message.clientId !== connection.clientId) {
      const refusal = refused(
        'unauthorized',
        "clientId is not the one of this connection's Ack: leave it out or send that one.",
      )
      if (!refusal.ok)
        this.#refuse(connection, {
          rejection: refusal.error,
          excerpt: '',
          ...(requestId === undefined ? {} : { requestId }),
        })
      return
    }
    if (message.type === 'Hello')
      this.reply(
        connection,
        'hello',
        this.#guarded(() => sayHello(this, connection, message)),
      )
    else this.#command(connection, message)
  }

  #command(connection: Connection, message: CommandMessage): void {
    const { requestId } = message
    if (requestId === undefined) {
      const outcome = this.#guarded(() => routeCommand(this, connection, message))
      if (!outcome.ok) this.#tellLegacy(connection, message, outcome)
      return
    }
    const digest = createHash('sha256').update(JSON.stringify(message.data)).digest('base64')
    const earlier = connection.session?.replies.find(requestId, digest) ?? { kind: 'none' }
    if (earlier.kind === 'same') {
      connection.outbox.push(earlier.frame)
      this.wake(connection)
    } else if (earlier.kind === 'conflict') {
      const message = 'This requestId was used for another command: give each request an id of its own.'
      this.reply(connection, requestId, refused('request_conflict', message))
    } else {
      this.reply(
        connection,
        requestId,
        this.#guarded(() => routeCommand(this, connection, message)),
        digest,
      )
    }
  }

  /** A command whose handling throws is answered `internal`; nothing else suffers. */
  #guarded(handle: () => Outcome<unknown>): Outcome<unknown> {
    try {
      return handle()
    } catch (error) {
      this.log.error({ err: error }, 'command failed')
      return refused('internal', 'The daemon failed on this command; its log says why.')
    }
  }

  /** A client that knows no replies: a task that was not taken is told as one that could not start. */
  #tellLegacy(connection: Connection, message: CommandMessage, outcome: Outcome<unknown>): void {
    if (outcome.ok) return
    connection.log.warn(
      { code: outcome.error.code, reason: outcome.error.message, command: message.data.commandName },
      'command refused',
    )
    if (message.data.commandName !== 'StartNewTask') return
    const { newTaskId, now } = this.parts
    const id = newTaskId()
    const events = couldNotStart(id, message.data.data, outcome.error.message, now())
    for (const data of events)
      connection.answer({ type: 'TaskEvent', origin: 'server', task: id, at: now(), data })
    this.wake(connection)
  }

  #fellBehind(connection: Connection, from: number, firstAvailable: number): boolean {
    if (!connection.native) {
      connection.log.warn({ from, firstAvailable }, 'reader fell below retention')
      this.connections.send(connection, 'retention.passed')
      return false
    }
    connection.answer({ type: 'Gap', origin: 'server', data: { from, firstAvailable } })
    return true
  }

  #announceDrain(deadlineMs: number): void {
    for (const connection of this.connections.all()) {
      if (!connection.native || !this.connections.isReady(connection)) continue
      connection.answer({
        type: 'TaskEvent',
        origin: 'server',
        at: this.parts.now(),
        data: { eventName: 'daemonDraining', payload: [{ deadlineMs }] },
      })
      this.wake(connection)
    }
    setImmediate(() => this.taskSettled())
  }

  /** Lets each link go when it has had everything, and all of them after a while. */
  #drainConnections(): void {
    const deadline = this.parts.now() + this.parts.limits.linkDrainMs
    const step = (): void => {
      const late = this.parts.now() >= deadline
      for (const connection of this.connections.all()) {
        if (late || this.#hasEverything(connection)) this.connections.send(connection, 'drain')
      }
      if (this.connections.count > 0) return
      clearInterval(this.#drainTimer)
      this.parts.stopped()
    }
    this.#drainTimer = setInterval(step, 10)
  }

  #hasEverything(connection: Connection): boolean {
    const { subscriber } = connection
    if (subscriber === undefined) return true
    return connection.outbox.isEmpty && !subscriber.held && this.parts.delivery.lagBytes(subscriber) === 0
  }
}
