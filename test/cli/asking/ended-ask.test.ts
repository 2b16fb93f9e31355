/** Which ask a person means who types the id of one that is over. */
import { expect, test } from 'vitest'
import { endedAsk } from '../../../src/cli/asking/ended-ask.ts'
import type { CallboardClient } from '../../../src/client/callboard-client.ts'
import { limits } from '../../../src/limits.ts'
import type { EventMessage } from '../../../src/wire/envelope.ts'

/** A journal in which asks of task `t` ended at these sequences. */
function journalOf(ended: Readonly<Record<string, number>>): Pick<CallboardClient, 'events'> {
  const events = Object.entries(ended).map(([id, seq]): EventMessage => ({
    type: 'TaskEvent',
    origin: 'server',
    seq,
    data: { eventName: 'askResolved', payload: ['t', { id, outcome: 'expired' }] },
  }))
  return {
    events: (subscription) => ({
      subscribed: Promise.resolve({ after: 0, head: 0 }),
      async *[Symbol.asyncIterator]() {
        yield* events.filter(({ seq = 0 }) => seq > (subscription?.after ?? 0))
      },
    }),
  }
}

test('one that has ended is known by the beginning of its id, and by its task the last one', async () => {
  const journal = journalOf({ a1: 3, b2: 5 })
  expect([await endedAsk(journal, 'a', 9), await endedAsk(journal, 't', 9)]).toEqual(['a1', 'b2'])
  expect(await endedAsk(journal, 'c', 9)).toBe(undefined)
})

// bound: endedAskEventsLooked
test('it is looked for among the last events of the journal, up to their number', async () => {
  const head = limits.endedAskEventsLooked + 100
  const found = [101, 100].map((seq) => endedAsk(journalOf({ a1: seq }), 'a1', head))
  expect(await Promise.all(found)).toEqual(['a1', undefined])
})
