/**
 * Who hears what: puts a connection's link into the lane of its session's filter. Being in a lane is the `ready` state:
 * only `attachReader`, called by that state's entry, makes a reader of a link.
 */
import { Subscriber } from '../broker/subscriber.ts'
import type { Backlog } from '../broker/subscriber.ts'
import { liveBacklog } from './backlog.ts'
import { everything, subscriptionFilter } from '../broker/subscriptions.ts'
import type { Filter } from '../broker/subscriptions.ts'
import type { Session } from '../broker/session.ts'
import type { Subscribe } from '../wire/commands.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection, ListenerPolicy } from './connection.ts'
import { sessionGone } from './lease-sessions.ts'
import type { LiveTask } from './live-task.ts'
import type { ReaderProgress } from './pacing.ts'

/** Makes a link that is ready a reader, from the head that its Ack told. */
export function attachReader(broker: Broker, connection: Connection): void {
  const session = broker.parts.sessions.open(listenerName(connection.policy))
  bindSession(broker, connection, session)
  session.filter = filterFor(connection, session, {})
  const subscriber = new Subscriber(
    {
      write: (bytes) => connection.link.write(bytes),
      lagChanged: (congested) => {
        connection.congestedSince = congested ? broker.parts.now() : undefined
        broker.connections.send(connection, congested ? 'lag.rose' : 'lag.fell')
        if (!congested) broker.connections.outboxMoved(connection)
      },
      fellBehind: (from, firstAvailable) => tellGap(broker, connection, from, firstAvailable),
      outboxMoved: () => broker.connections.outboxMoved(connection),
      failed: (error) => broker.connections.failed(connection, error),
    },
    connection.outbox,
  )
  connection.subscriber = subscriber
  connection.drained = () => broker.parts.delivery.drained(subscriber)
  if (enterFirst(broker, connection)) return
  connection.log.warn('too many different subscriptions: this client could be told nothing and is closed')
  broker.connections.send(connection, 'close')
}

/** Live from the head that its Ack told; where its listener replays, with the live tasks' history before that. */
function enterFirst(broker: Broker, connection: Connection): boolean {
  const { startAfter, policy } = connection
  const backlog = policy.replay === 'live' ? liveBacklog(broker, startAfter) : undefined
  return enterLane(broker, connection, backlog?.after ?? startAfter, backlog)
}

/** A session belongs to a listener as it speaks: its answers are kept as they were said. */
export function listenerName({ codec, path }: ListenerPolicy): string {
  return `${codec.name}:${path}`
}

/** The store gets a session that changed: now, or with the next commit where it takes nothing. */
export function saveSession(broker: Broker, session: Session): void {
  broker.parts.sessions.touch(session)
  if (broker.outage.reason !== undefined) return
  try {
    broker.transact(() => undefined)
  } catch (error) {
    broker.log.warn({ err: error }, 'a session could not be saved')
  }
}

/** Makes a session this connection's. */
export function bindSession(broker: Broker, connection: Connection, session: Session): void {
  // Taken up again: the one that the connection had until now ends with nothing that anybody could come back for.
  if (connection.session !== undefined) sessionGone(broker, connection, connection.session)
  connection.session = session
  broker.parts.sessions.attach(session, connection.id)
}

/** What a connection may hear of what it wants: on a `scope=own` listener only of its own tasks. */
export function filterFor(connection: Connection, session: Session, wanted: Subscribe): Filter {
  if (connection.policy.scope === 'own') {
    return subscriptionFilter(wanted, { key: String(session.number), tasks: session.ownTasks })
  }
  return wanted.tasks === undefined && wanted.events === undefined ? everything : subscriptionFilter(wanted)
}

/** Puts the link into the lane of its session's filter, after a sequence; false at the lanes' bound. */
export function enterLane(broker: Broker, connection: Connection, after: number, backlog?: Backlog): boolean {
  const { subscriber, session, policy, native } = connection
  const { delivery, lanes } = broker.parts
  if (subscriber === undefined || session === undefined) return false
  if (session.filter === undefined) {
    delivery.leave(subscriber)
    return true
  }
  const lane = lanes.open({ codec: policy.codec, native }, session.filter)
  if (lane === undefined) return false
  delivery.enter(subscriber, lane, after, backlog)
  return true
}

/** A reader fell below retention: a native one is told, a legacy one cannot be and is closed. */
function tellGap(broker: Broker, connection: Connection, from: number, firstAvailable: number): boolean {
  if (!connection.native) {
    connection.log.warn({ from, firstAvailable }, 'reader fell below retention')
    broker.connections.send(connection, 'retention.passed')
    return false
  }
  connection.answer({ type: 'Gap', origin: 'server', data: { from, firstAvailable } })
  return true
}

/** Whether a reader is far behind and still reads: what it starts now would push out what it has to read. */
export function isCatchingUp(broker: Broker, { subscriber }: Connection): boolean {
  if (subscriber?.lane === undefined || !subscriber.congested) return false
  return broker.parts.now() - subscriber.movedAt < broker.parts.limits.paceStallMs
}

/** How the client that a task was started for stands, where it is connected and reads events. */
export function readerProgress(broker: Broker, task: LiveTask): ReaderProgress | undefined {
  const connectionId = task.session?.connectionId
  const connection = connectionId === undefined ? undefined : broker.connections.get(connectionId)
  const subscriber = connection?.subscriber
  if (subscriber?.lane === undefined) return undefined
  return { lagBytes: broker.parts.delivery.lagBytes(subscriber), movedAt: subscriber.movedAt }
}
