/**
 * From a connection's inbox to answers: refuses what was refused, checks who speaks, does each request once. Commands
 * that change something are done as a group; a question is answered from what is committed.
 */
import type { Refusal } from '../wire/codec.ts'
import { helloRequestId } from '../wire/envelope.ts'
import type { ClientMessage, CommandMessage } from '../wire/envelope.ts'
import { rejection } from '../wire/rejection.ts'
import { startTextOf } from '../wire/vocabulary/parse.ts'
import type { Outcome } from '../wire/rejection.ts'
import { reply, tellLegacy, tellNotStarted } from './answers.ts'
import { isCatchingUp } from './audience.ts'
import type { Broker } from './broker-actor.ts'
import { CommandGroup, conflict, internal, isChanging } from './command-group.ts'
import type { Connection } from './connection.ts'
import { earlierAnswer } from './earlier-answer.ts'
import { sayHello } from './hello.ts'
import { openInspector } from './inspecting.ts'
import { routeCommand } from './routing.ts'

/**
 * Routes what waits, in order, until the connection's outbox is full: the rest waits until that has room. A start waits
 * also while its client is far behind but reads: thousands in a row would else push out of the journal what it has
 * still to read, and a client that cannot be told of a gap would be closed with its last starts unanswered.
 */
export function routeInbox(broker: Broker, connection: Connection): void {
  const group = new CommandGroup(broker, connection)
  let taken = 0
  for (const item of connection.inbox) {
    if (connection.outbox.isFull) break
    if (item.ok && isStart(item.message) && isCatchingUp(broker, connection)) {
      waitForReader(broker, connection)
      break
    }
    taken++
    try {
      if (item.ok) route(broker, connection, group, item.message)
      else refuse(broker, connection, group, item.refusal)
    } catch (error) {
      broker.connections.failed(connection, error)
    }
  }
  group.commit()
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

function route(broker: Broker, connection: Connection, group: CommandGroup, message: ClientMessage): void {
  const requestId = message.type === 'Hello' ? helloRequestId : message.requestId
  if (message.type !== 'Hello') broker.parts.inspector?.onlooker?.said(connection, message)
  if (message.clientId !== undefined && message.clientId !== connection.clientId) {
    return refuse(broker, connection, group, {
      rejection: notItsOwn,
      excerpt: '',
      ...asked(message, requestId),
    })
  }
  if (message.type !== 'Hello' && isChanging(message)) return group.take(message)
  group.commit()
  if (message.type === 'Hello') {
    const said = guarded(broker, () => sayHello(broker, connection, message))
    reply(broker, connection, helloRequestId, said)
  } else if (message.data.commandName === 'OpenInspector') {
    openInspector(broker, connection, message)
  } else if (message.requestId === undefined) {
    const outcome = guarded(broker, () => routeCommand(broker, connection, message))
    if (!outcome.ok) tellLegacy(broker, connection, message, outcome.error)
  } else {
    answerOnce(broker, connection, message, message.requestId)
  }
}

/** How whoever sent this hears of a refusal. */
function asked(message: ClientMessage, requestId: string | undefined): Partial<Refusal> {
  if (requestId !== undefined) return { requestId }
  const startText = startTextOf(message)
  return startText === undefined ? {} : { startText }
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
  const earlier = earlierAnswer(broker, connection.session, requestId, digest)
  if (earlier.kind === 'same') {
    connection.outbox.push(earlier.frame)
    broker.wake(connection)
  } else if (earlier.kind === 'conflict') {
    reply(broker, connection, requestId, conflict)
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
    return internal
  }
}

function refuse(
  broker: Broker,
  connection: Connection,
  group: CommandGroup,
  refusal: Pick<Refusal, 'rejection' | 'requestId' | 'startText' | 'excerpt'>,
): void {
  connection.noteRefusal(refusal.rejection, refusal.excerpt)
  const { requestId, startText } = refusal
  if (requestId === undefined && startText === undefined) return
  group.commit()
  if (requestId !== undefined) reply(broker, connection, requestId, { ok: false, error: refusal.rejection })
  else tellNotStarted(broker, connection, { text: startText ?? '' }, refusal.rejection)
}
