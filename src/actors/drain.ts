/**
 * How the daemon takes leave: native clients are told, and when no task runs any more each link is let go once it has
 * had everything, all of them after a while.
 */
import type { TaskEvent } from '../wire/events.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'

const stepMs = 10

/** Tells every native client that no new task is taken and when running ones are cancelled. */
export function announceDrain(broker: Broker, deadlineMs: number): void {
  const at = broker.parts.now()
  for (const connection of broker.connections.all()) {
    if (!connection.native || !broker.connections.isReady(connection)) continue
    const data: TaskEvent = { eventName: 'daemonDraining', payload: [{ deadlineMs }] }
    connection.answer({ type: 'TaskEvent', origin: 'server', at, data })
    broker.wake(connection)
  }
}

/** Drains every connection; calls `parts.stopped` when none is left. */
export function letConnectionsGo(broker: Broker): void {
  const { now, limits, stopped } = broker.parts
  const deadline = now() + limits.linkDrainMs
  const step = (): void => {
    const late = now() >= deadline
    for (const connection of broker.connections.all()) {
      if (late || hasEverything(broker, connection)) broker.connections.send(connection, 'drain')
    }
    if (broker.connections.count > 0) return
    clearInterval(timer)
    stopped()
  }
  const timer = setInterval(step, stepMs)
}

function hasEverything(broker: Broker, { subscriber, outbox }: Connection): boolean {
  if (subscriber === undefined) return true
  return outbox.isEmpty && !subscriber.held && broker.parts.delivery.lagBytes(subscriber) === 0
}
