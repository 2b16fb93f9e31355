/**
 * Task ids: UUID version 7 (RFC 9562), so that ids sort by the time of their creation.
 */
import { randomUUID } from 'node:crypto'

/** A new id. `now` is in milliseconds since the Unix epoch. */
export function newTaskId(now: number): string {
  const time = now.toString(16).padStart(12, '0')
  // A version 4 id has its random digits and its variant where version 7 has them, and Node draws them in advance.
  const random = randomUUID()
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`
}
