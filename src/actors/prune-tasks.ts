/**
 * PruneTasks: forgets settled and closed tasks before retention would. Records go at once, with what may hold secrets
 * soon after; their events go in retention's chunks. The trap: what lives, or is held by another client, stays.
 */
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { expireLeases, refuseHeld } from './claim-task.ts'
import type { Request } from './request.ts'

interface Which {
  readonly before?: number | undefined
  readonly ids?: readonly string[] | undefined
}

interface Pruned {
  readonly pruned: number
  /** There are more that may go: to be asked again. */
  readonly more?: true
}

/** So many at once, oldest first. Ids that are not known are gone already. */
export function pruneTasks(request: Request, { before, ids }: Which): Outcome<Pruned> {
  const { broker, connection, session } = request
  if (before === undefined && ids === undefined)
    return refused(
      'invalid_command',
      'Which tasks are to be forgotten is not said: give `before`, `ids` or both.',
    )
  const own = connection.policy.scope === 'own'
  const named = own ? (ids ?? [...session.ownTasks]).filter((id) => session.ownTasks.has(id)) : ids
  const refusal = refuseNamed(request, named ?? [], ids !== undefined)
  if (refusal !== undefined) return refusal
  const max = broker.parts.limits.pruneTasksMax
  expireLeases(broker)
  // What stays does not stand in the way of what lies behind it.
  const mayGo = (id: string): boolean => isFree(request, id)
  const found = broker.parts.store.prunable({ before, ids: named, mayGo }, max + 1)
  const going = found.slice(0, max)
  for (const id of going) broker.transactions.current.forget(id)
  broker.transactions.current.afterCommit(() => going.forEach((id) => broker.tasks.closed.forget(id)))
  return accepted({ pruned: going.length, ...(found.length > max ? { more: true } : {}) })
}

/** Who names a task is told why it cannot go. */
function refuseNamed(request: Request, ids: readonly string[], isNamed: boolean): Outcome<never> | undefined {
  if (!isNamed) return undefined
  for (const id of ids) {
    if (request.broker.tasks.live(id) !== undefined)
      return refused('busy', `Task ${id} has not settled: cancel or close it first. Nothing was forgotten.`)
    const held = refuseHeld(request, id)
    if (held !== undefined) return held
  }
  return undefined
}

function isFree({ broker, session }: Request, id: string): boolean {
  return broker.tasks.live(id) === undefined && broker.leases.allows(id, session.id)
}
