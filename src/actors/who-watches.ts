/** Whether somebody who knows asks could answer those of a task. */
import type { Broker } from './broker-actor.ts'
import { isInSameTree } from './task-tree.ts'
import type { LiveTask } from './live-task.ts'

/** Whether a native client hears of the task's asks and may answer them. */
export function nativeWatches(broker: Broker, task: LiveTask): boolean {
  for (const { native, role, session } of broker.connections.all()) {
    if (!native || role === 'observer' || session === undefined) continue
    if (session.filter?.matches(task.id, 'askOpened') !== true) continue
    if (!isInSameTree(broker, session.insideTask, task.id)) return true
  }
  return false
}
