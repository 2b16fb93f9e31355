/**
 * What a session was answered before to the same request: as this daemon remembers it, else as the store does, which
 * keeps what changed something also over a restart.
 */
import type { Earlier } from '../broker/replies.ts'
import type { Session } from '../broker/session.ts'
import type { Broker } from './broker-actor.ts'

export function earlierAnswer(
  { parts }: Broker,
  session: Session | undefined,
  requestId: string,
  digest: string,
): Earlier {
  if (session === undefined) return { kind: 'none' }
  const known = session.replies.find(requestId, digest)
  // The store is asked only where it can know more: each look costs as much as a short command.
  if (known.kind !== 'none' || !(session.wasStored || session.replies.hasForgotten)) return known
  if (!parts.sessions.isKept(session)) return known
  const stored = parts.store.answer(session.id, requestId)
  if (stored === undefined || parts.now() - stored.at > parts.limits.answersKeptMs) return known
  if (stored.digest !== digest) return { kind: 'conflict' }
  const { buffer, byteOffset, byteLength } = stored.frame
  return { kind: 'same', frame: Buffer.from(buffer, byteOffset, byteLength) }
}
