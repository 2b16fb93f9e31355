/**
 * From a connection's inbox to answers: refuses what was refused, checks who speaks, does each request once, and tells
 * a client that knows no replies what became of its task. A command whose handling throws is answered `internal`.
 */
import type { Refusal } from '../wire/codec.ts'
import { helloRequestId } from '../wire/envelope.ts'
import type { ClientMessage, CommandMessage } from '../wire/envelope.ts'
import { refused, rejection } from '../wire/rejection.ts'
import type { Outcome, Rejection } from '../wire/rejection.ts'
import { isCatchingUp } from './audience.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'
import { sayHello } from './hello.ts'
import { openInspector } from './inspecting.ts'
import { routeCommand } from './routing.ts'
import { couldNotStart } from './task-events.ts'

/**
 * Routes what waits, in order, until the connection's outbox is full: the rest waits until that has room. A start waits
 * also while its client is far behind but reads: thousands in a row would else push out of the journal what it has
 * still to read, and a client that cannot be told of a gap would be closed with its last starts unanswered.
 */
export function routeInbox(broker: Broker, connection: Connection): void {
  let taken = 0
  for (const item of connection.inbox) {
    if (connection.outbox.isFull) break
    if (item.ok && isStart(item.message) && isCatchingUp(broker, connection)) {
      waitForReader(broker, connection)
      break
    }
    taken++
    try {
      if (item.ok) route(broker, connection, item.message)
      else refuse(broker, connection, item.refusal)
    } catch (error) {
      broker.connections.failed(connection, error)
    }
  }
  connection.inbox.splice(0, taken)
}

function isStart(message: ClientMessage): boolean {
  return message.type === 'TaskCommand' && message.data.commandName === 'StartNewTask'
}

/** It is read on when it has caught up, or has stopped reading altogether: that does not tell by itself. */
function waitForReader(broker: Broker, connection: Connection): void {
  broker.connections.stopReading(connection)
  connection.readerCheck ??= setTimeout(() => {
    connection.readerCheck = undefined
    if (broker.connections.get(connection.id) === connection) broker.connections.outboxMoved(connection)
  }, broker.parts.limits.paceStallMs).unref()
}

function route(broker: Broker, connection: Connection, message: ClientMessage): void {
  const requestId = message.type === 'Hello' ? helloRequestId : message.requestId
  if (message.type !== 'Hello') broker.parts.inspector?.onlooker?.said(connection, message)
  if (message.clientId !== undefined && message.clientId !== connection.clientId) {
    refuse(broker, connection, {
      rejection: notItsOwn,
      excerpt: '',
      ...(requestId === undefined ? {} : { requestId }),
    })
  } else if (message.type === 'Hello') {
    reply(
      broker,
      connection,
      helloRequestId,
      guarded(broker, () => sayHello(broker, connection, message)),
    )
  } else if (message.data.commandName === 'OpenInspector') {
    openInspector(broker, connection, message)
  } else if (message.requestId === undefined) {
    const outcome = guarded(broker, () => routeCommand(broker, connection, message))
    if (!outcome.ok) tellLegacy(broker, connection, message, outcome.error)
  } else {
    answerOnce(broker, connection, message, message.requestId)
  }
}

const notItsOwn = rejection(
  'unauthorized',
  "clientId is not the one of this connection's Ack: send that one, or leave it out.",
)

/** The same request again gives the same answer; the same id with another body is a conflict. */
function answerOnce(
  broker: Broker,
  connection: Connection,
  message: CommandMessage,
  requestId: string,
): void {
  const digest = broker.parts.digest(JSON.stringify(message.data))
  const earlier = connection.session?.replies.find(requestId, digest) ?? { kind: 'none' }
  if (earlier.kind === 'same') {
    connection.outbox.push(earlier.frame)
    broker.wake(connection)
  } else if (earlier.kind === 'conflict') {
    const why = 'This requestId was used for another command: give each request an id of its own.'
    reply(broker, connection, requestId, refused('request_conflict', why))
  } else {
    const outcome = guarded(broker, () => routeCommand(broker, connection, message))
    const frame = reply(broker, connection, requestId, outcome)
    if (frame !== undefined) connection.session?.replies.keep(requestId, digest, frame)
  }
}

function guarded(broker: Broker, handle: () => Outcome<unknown>): Outcome<unknown> {
  try {
    return handle()
  } catch (error) {
    broker.log.error({ err: error }, 'command failed')
    return refused('internal', 'The daemon failed on this command; its log says why.')
  }
}

/** Puts a Reply into the connection's outbox. */
function reply(
  broker: Broker,
  connection: Connection,
  requestId: string,
  outcome: Outcome<unknown>,
): Buffer | undefined {
  const data = outcome.ok
    ? { ok: true as const, result: outcome.value ?? {} }
    : { ok: false as const, error: { ...outcome.error } }
  const message = { type: 'Reply' as const, origin: 'server' as const, requestId, data }
  const frame = connection.answer(message)
  broker.parts.inspector?.onlooker?.answered(connection, message)
  broker.wake(connection)
  return frame
}

function refuse(
  broker: Broker,
  connection: Connection,
  refusal: Pick<Refusal, 'rejection' | 'requestId' | 'excerpt'>,
): void {
  connection.noteRefusal(refusal.rejection, refusal.excerpt)
  if (refusal.requestId === undefined) return
  reply(broker, connection, refusal.requestId, { ok: false, error: refusal.rejection })
}

/** A client that knows no replies: a task that was not taken is told as one that could not start, to it alone. */
function tellLegacy(broker: Broker, connection: Connection, message: CommandMessage, why: Rejection): void {
  const { data: command } = message
  connection.log.warn(
    { code: why.code, reason: why.message, command: command.commandName },
    'command refused',
  )
  if (command.commandName !== 'StartNewTask') return
  const { newTaskId, now } = broker.parts
  const task = newTaskId()
  const at = now()
  for (const data of couldNotStart(task, command.data, why.message, at)) {
    connection.answer({ type: 'TaskEvent', origin: 'server', task, at, data })
  }
  broker.wake(connection)
}
