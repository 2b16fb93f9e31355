/** What was said in a task, from the journal: for a run that cannot take up where an earlier one ended. */
import type { Journal } from '../broker/journal.ts'
import { parseStoredFrame } from '../wire/codec.ts'
import type { TaskMessage } from '../wire/events.ts'

/**
 * Its messages, oldest first, the last version of each, as far as they stand among the journal's last `eventsLooked`
 * events: a long history has its end told.
 */
export function transcriptOf(journal: Journal, task: string, eventsLooked: number): TaskMessage[] {
  const messages = new Map<number, TaskMessage>()
  let after = Math.max(journal.firstAvailable - 1, journal.head - eventsLooked)
  while (after < journal.head) {
    const reached = journal.scan(
      after,
      eventsLooked,
      (frame) => {
        if (frame.task !== task || frame.name !== 'message') return true
        const event = parseStoredFrame(frame.frame).data
        const said = event.eventName === 'message' ? event.payload[0].message : undefined
        if (said !== undefined) messages.set(said.ts, said)
        return true
      },
      task,
    )
    if (reached <= after) break
    after = reached
  }
  return [...messages.values()].sort((one, other) => one.ts - other.ts)
}
