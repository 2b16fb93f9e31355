/** Who was started inside whom, as far as it is known. */
import { outermost } from '../broker/ancestry.ts'
import type { Broker } from './broker-actor.ts'

/**
 * Whether a client that runs inside a task runs in the same outermost task as another: then it may not answer that one's
 * asks, since whoever asks would answer itself.
 */
export function isInSameTree(broker: Broker, insideTask: string | undefined, task: string): boolean {
  if (insideTask === undefined) return false
  const parentOf = (id: string): string | undefined => {
    const live = broker.tasks.live(id)
    return live === undefined ? broker.record(id)?.parent : live.parent
  }
  return outermost(insideTask, parentOf) === outermost(task, parentOf)
}
