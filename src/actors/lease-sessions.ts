/** What a session's coming and going means to the tasks that it holds. */
import type { Session } from '../broker/session.ts'
import { isStoreUnavailable } from '../broker/transaction.ts'
import type { Broker } from './broker-actor.ts'
import { keepLease } from './claim-task.ts'
import type { Connection } from './connection.ts'

/** A connection lets go of its session: what that holds waits for its client, where it can come back. */
export function sessionGone(broker: Broker, connection: Connection, session: Session): void {
  const { sessions, now } = broker.parts
  const wasHere = session.connectionId === connection.id
  sessions.detach(session, connection.id)
  if (!wasHere) return
  broker.leases.sessionGone(session.id, sessions.isKept(session), now())
  broker.deadlines.arm()
}

/** A session has been taken up again, by another link: who holds its tasks has another clientId now. */
export function sessionBack(broker: Broker, connection: Connection, session: Session): void {
  const { client, id: sessionId } = session
  const back = {
    sessionId,
    clientId: connection.clientId,
    ...(client === undefined ? {} : { client: client.name }),
  }
  const changes = broker.leases.sessionBack(back)
  broker.deadlines.arm()
  if (changes.length === 0) return
  try {
    broker.transact(() => {
      for (const { task, news } of changes) {
        broker.transactions.current.stage({
          task,
          events: [{ eventName: 'leaseChanged', payload: [task, news] }],
          by: connection.clientId,
        })
        keepLease(broker, task)
      }
    })
  } catch (error) {
    // It holds them all the same: only who looks is told of the earlier clientId until the lease is renewed.
    if (!isStoreUnavailable(error)) throw error
  }
}
