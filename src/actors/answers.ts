/**
 * What a client is answered, to it alone: a Reply, or, where it knows no replies, the order of a task that could not
 * start.
 */
import type { StartNewTask } from '../wire/commands.ts'
import type { CommandMessage, Reply } from '../wire/envelope.ts'
import type { Outcome, Rejection } from '../wire/rejection.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'
import { couldNotStart } from './task-events.ts'

export function replyTo(requestId: string, outcome: Outcome<unknown>): Reply {
  const data = outcome.ok
    ? { ok: true as const, result: outcome.value ?? {} }
    : { ok: false as const, error: { ...outcome.error } }
  return { type: 'Reply', origin: 'server', requestId, data }
}

/** Puts a Reply into the connection's outbox. */
export function reply(
  broker: Broker,
  connection: Connection,
  requestId: string,
  outcome: Outcome<unknown>,
): Buffer | undefined {
  const message = replyTo(requestId, outcome)
  const frame = connection.answer(message)
  broker.parts.inspector?.onlooker?.answered(connection, message)
  broker.wake(connection)
  if (frame !== undefined && frame.length >= broker.parts.limits.answersShareBytes)
    broker.parts.answeredMuch()
  return frame
}

/** A client that knows no replies: a task that was not taken is told as one that could not start, to it alone. */
export function tellLegacy(
  broker: Broker,
  connection: Connection,
  message: CommandMessage,
  why: Rejection,
): void {
  const { data: command } = message
  connection.log.warn(
    { code: why.code, reason: why.message, command: command.commandName },
    'command refused',
  )
  if (command.commandName === 'StartNewTask') tellNotStarted(broker, connection, command.data, why)
}

/** The order of a task that could not start, told to a client that knows no replies and waits for an end. */
export function tellNotStarted(
  broker: Broker,
  connection: Connection,
  request: Pick<StartNewTask, 'text' | 'images'>,
  why: Rejection,
): void {
  const { newTaskId, now } = broker.parts
  const task = newTaskId()
  const at = now()
  let bytes = 0
  for (const data of couldNotStart(task, request, why.message, at)) {
    bytes += connection.answer({ type: 'TaskEvent', origin: 'server', task, at, data })?.length ?? 0
  }
  broker.wake(connection)
  if (bytes >= broker.parts.limits.answersShareBytes) broker.parts.answeredMuch()
}
