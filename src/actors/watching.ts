/**
 * Subscribe and Unsubscribe: the Reply is in the outbox before the first event of the new subscription, and what the
 * earlier one had not delivered is dropped. Replay and live are one cursor, so there is no seam between them.
 */
import type { Subscribe } from '../wire/commands.ts'
import type { SubscribeResult } from '../wire/envelope.ts'
import type { Session } from '../broker/session.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { enterLane, filterFor, saveSession } from './audience.ts'
import { gapless, sequenceGap } from './hello.ts'
import { snapshotTasks } from './queries.ts'
import type { Request } from './request.ts'

export function subscribe(request: Request, wanted: Subscribe): Outcome<SubscribeResult> {
  const { broker, connection, session } = request
  const { head } = broker.parts.journal
  const earlier = session.filter
  session.filter = filterFor(connection, session, wanted)
  const gap = wanted.after === undefined ? undefined : sequenceGap(broker, wanted.after, session.filter)
  const after = gapless(broker, wanted.after ?? head, gap)
  if (!enterLane(broker, connection, after)) {
    session.filter = earlier
    return refused(
      'limit_exceeded',
      'Too many different subscriptions are open: subscribe more widely, or later.',
    )
  }
  session.subscription = remembered(wanted)
  saveSession(broker, session)
  return accepted({
    after,
    head,
    ...(gap === undefined ? {} : { gap }),
    ...(wanted.snapshot === true ? { snapshot: { tasks: snapshotTasks(request) } } : {}),
  })
}

export function unsubscribe({ broker, connection, session }: Request): Outcome<Record<string, never>> {
  session.filter = undefined
  session.subscription = null
  saveSession(broker, session)
  enterLane(broker, connection, broker.parts.journal.head)
  return accepted({})
}

/** What a session that is taken up again goes on with; undefined for everything. */
function remembered({ tasks, events }: Subscribe): Session['subscription'] {
  if (tasks === undefined && events === undefined) return undefined
  return { ...(tasks === undefined ? {} : { tasks }), ...(events === undefined ? {} : { events }) }
}
