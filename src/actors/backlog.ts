/**
 * What a link of a `replay=live` listener is given before it hears live: the history of the tasks that live, and of
 * those that this start of the daemon interrupted, since nobody could hear of that when it happened.
 */
import type { Backlog } from '../broker/subscriber.ts'
import type { Broker } from './broker-actor.ts'

/** Up to `through`, with the sequence after which it begins; undefined where there is none. */
export function liveBacklog(
  broker: Broker,
  through: number,
): (Backlog & { readonly after: number }) | undefined {
  const { journal } = broker.parts
  const tasks = new Set(broker.recovered.interrupted)
  let first = through + 1
  for (const id of tasks) first = Math.min(first, firstSeq(broker, id))
  for (const task of broker.tasks.all()) {
    task.firstSeq ??= firstSeq(broker, task.id)
    tasks.add(task.id)
    first = Math.min(first, task.firstSeq)
  }
  if (first > through) return undefined
  return { through, tasks, after: Math.max(first, journal.firstAvailable) - 1 }
}

/** Of the first event of a task that the journal still has. */
function firstSeq({ parts }: Broker, task: string): number {
  return parts.store.readTask(task, 0, 1)[0]?.seq ?? parts.journal.firstAvailable
}
