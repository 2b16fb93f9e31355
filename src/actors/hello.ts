/**
 * A Hello: from here on the link is native, its session can be taken up again, and its role may be narrowed. Taking up
 * an earlier session closes that session's older link, restores its subscription and replays what it missed.
 */
import type { Session } from '../broker/session.ts'
import { onlyTaskOf } from '../broker/subscriptions.ts'
import type { Filter } from '../broker/subscriptions.ts'
import { protocolVersion } from '../wire/envelope.ts'
import type { Hello, HelloResult, ResultGap } from '../wire/envelope.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { bindSession, enterLane, filterFor, listenerName, saveSession } from './audience.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'
import { sessionBack } from './lease-sessions.ts'

export function sayHello(broker: Broker, connection: Connection, hello: Hello): Outcome<HelloResult> {
  const { data } = hello
  if (connection.native)
    return refused('invalid_command', 'Hello was said on this connection: it is said once.')
  if (data.protocol !== protocolVersion) {
    return refused(
      'unsupported',
      `This daemon speaks callboard/${protocolVersion}, not callboard/${data.protocol}.`,
    )
  }
  if (data.role === 'worker') {
    return refused('unsupported', 'This daemon takes no workers: say Hello without a role.')
  }
  if (data.role === 'observer') connection.role = 'observer'
  const undelivered = position(broker, connection)
  connection.native = true
  const resumed = data.resume === undefined ? undefined : takeUp(broker, connection, data.resume.sessionId)
  const session = connection.session
  if (session === undefined) return refused('internal', 'This connection has no session.')
  session.client = data.client
  session.insideTask = data.task
  broker.parts.sessions.keep(session)
  saveSession(broker, session)
  const gap = resumeGap(broker, data.resume, session.filter)
  const after =
    resumed === undefined || data.resume === undefined ? undelivered : gapless(broker, data.resume.after, gap)
  if (!enterLane(broker, connection, after)) {
    connection.native = false
    return refused('limit_exceeded', 'Too many different subscriptions are open: say Hello again later.')
  }
  if (resumed !== undefined) sessionBack(broker, connection, session)
  broker.presence.joined(connection)
  return accepted({
    protocol: protocolVersion,
    clientId: connection.clientId,
    sessionId: session.id,
    epoch: broker.parts.journal.epoch,
    head: broker.parts.journal.head,
    ...(resumed === undefined ? {} : { resumed: true }),
    ...(gap === undefined ? {} : { gap }),
  })
}

/** The sequence after which this link has not been given anything. */
function position(broker: Broker, connection: Connection): number {
  const { delivery, journal } = broker.parts
  const { subscriber } = connection
  if (subscriber === undefined) return journal.head
  // What it is given of live tasks' history ends here: it asks for what it wants.
  if (subscriber.backlog !== undefined) return subscriber.backlog.through
  return delivery.lagBytes(subscriber) === 0 ? journal.head : subscriber.seq
}

/** Makes an earlier session this connection's; its older link is closed. Undefined where none is known. */
function takeUp(broker: Broker, connection: Connection, sessionId: string): Session | undefined {
  const session = broker.parts.sessions.find(sessionId, listenerName(connection.policy))
  if (session === undefined) return undefined
  const older = session.connectionId === undefined ? undefined : broker.connections.get(session.connectionId)
  if (older !== undefined && older !== connection) {
    older.session = undefined
    broker.connections.send(older, 'close')
  }
  bindSession(broker, connection, session)
  // Of one that comes from the store only what it wanted is known.
  if (session.filter === undefined && session.subscription !== null) {
    const { tasks, events } = session.subscription ?? {}
    session.filter = filterFor(connection, session, {
      ...(tasks === undefined ? {} : { tasks: [...tasks] }),
      ...(events === undefined ? {} : { events: [...events] }),
    })
  }
  return session
}

/** What a resuming client cannot be given; undefined where it gets everything after its last sequence. */
export function resumeGap(
  broker: Broker,
  resume: Hello['data']['resume'],
  filter?: Filter,
): ResultGap | undefined {
  const { journal } = broker.parts
  if (resume === undefined) return undefined
  const at = { from: resume.after + 1, firstAvailable: journal.firstAvailable }
  const [journalId, start] = partsOf(resume.epoch)
  if (journalId !== partsOf(journal.epoch)[0]) return { ...at, reason: 'other_journal' }
  // A journal that was put back to an earlier state, or lost its end with the power, never had what was seen.
  const last = broker.parts.store.lastOfStart(start)
  if (last === undefined || resume.after > last) return { ...at, reason: 'beyond' }
  return sequenceGap(broker, resume.after, filter)
}

/** The gap of a reader that wants to begin after a sequence of this journal. */
export function sequenceGap(broker: Broker, after: number, filter?: Filter): ResultGap | undefined {
  const { journal } = broker.parts
  const at = { from: after + 1, firstAvailable: journal.firstAvailable }
  if (after > journal.head) return { ...at, reason: 'beyond' }
  if (after + 1 >= journal.firstAvailable) return undefined
  const first = journal.firstAvailableOf(filter === undefined ? undefined : onlyTaskOf(filter))
  return after + 1 < first ? { ...at, reason: 'retention' } : undefined
}

/** Where a reader begins, its gap considered: above the head or in another journal at the head, else as near as can be. */
export function gapless(broker: Broker, after: number, gap: ResultGap | undefined): number {
  if (gap === undefined) return after
  if (gap.reason === 'retention') return gap.firstAvailable - 1
  return broker.parts.journal.head
}

/** The journal's id and the start's number; NaN where there is none. */
function partsOf(epoch: string): readonly [string, number] {
  const dot = epoch.lastIndexOf('.')
  return dot === -1 ? [epoch, Number.NaN] : [epoch.slice(0, dot), Number(epoch.slice(dot + 1))]
}
