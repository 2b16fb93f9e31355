/**
 * Direct answers that wait for links which do not take them, over all links: each link's outbox is bounded, but many of
 * them, or one large answer in each link's socket, would add up. The link with the most of them is closed.
 */
import { rejection } from '../wire/rejection.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'

/**
 * Bytes of answers that a connection has not taken. What its socket holds counts too, though some of it may be events;
 * but not of a slab, whose bytes all its readers share: hundreds of slow ones would count as answers that nobody takes.
 */
export function answersOf({ outbox, link, subscriber }: Connection): number {
  return outbox.bytes + (subscriber?.heldSlab === undefined ? link.heldBytes : 0)
}

/** Closes the links with the most answers until all of them together are within the bound. */
export function boundAnswers(broker: Broker): void {
  const { answersBytesMax } = broker.parts.limits
  const waiting = Array.from(broker.connections.all(), (connection) => ({
    connection,
    bytes: answersOf(connection),
  }))
  let total = waiting.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total <= answersBytesMax) return
  for (const { connection, bytes } of waiting.toSorted((one, other) => other.bytes - one.bytes)) {
    if (total <= answersBytesMax) return
    total -= bytes
    connection.noteRefusal(tooMuch(answersBytesMax), '')
    broker.connections.send(connection, 'framing.broken')
  }
}

function tooMuch(bytesMax: number): ReturnType<typeof rejection> {
  const why = `answers that wait for all links passed ${bytesMax} bytes, and this link had taken the least`
  return rejection('limit_exceeded', `Closed: ${why}. Connect again, and read what is answered.`)
}
