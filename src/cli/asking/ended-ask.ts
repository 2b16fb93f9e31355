/** Asks that have ended lately, by what a person types who saw one open: the daemon tells who won by the whole id alone. */
import { limits } from '../../limits.ts'
import { matchId } from '../task-id.ts'
import type { CallboardClient } from '../../client/callboard-client.ts'

/**
 * The id of the ask that `typed` is, begins or ends; of a task's the last one. Undefined where none of that id has ended
 * lately. `head`: the journal's last sequence. Throws Failure where it may be several.
 */
export async function endedAsk(
  client: Pick<CallboardClient, 'events'>,
  typed: string,
  head: number,
): Promise<string | undefined> {
  const byTask = new Map<string, string>()
  const ids = new Set<string>()
  const after = Math.max(0, head - limits.endedAskEventsLooked)
  if (after === head) return undefined
  for await (const item of client.events({ events: ['askResolved'], after, until: 'head' })) {
    if (item.type !== 'TaskEvent' || item.data.eventName !== 'askResolved') continue
    const [task, { id }] = item.data.payload
    ids.add(id)
    byTask.set(task, id)
  }
  const id = matchId(typed, [...ids], 'asks')
  if (id !== undefined) return id
  return byTask.get(matchId(typed, [...byTask.keys()], 'tasks that asked') ?? '')
}
