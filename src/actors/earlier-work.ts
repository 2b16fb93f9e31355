/**
 * What an earlier daemon left to do, from the moment that this one serves: leases wait for their sessions, tasks for
 * their turn, in the order in which they waited.
 */
import type { Broker } from './broker-actor.ts'

export function takeUpEarlierWork(broker: Broker): void {
  const { recovered, queue, leases, parts } = broker
  for (const { id: task, lease } of parts.store.tasks()) {
    if (lease !== undefined) leases.restore({ approve: [], ...lease, task }, parts.now())
  }
  for (const task of recovered.queued) queue.readmit(task)
  queue.pump()
  broker.deadlines.arm()
}
