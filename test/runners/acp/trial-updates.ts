/** An agent's updates on a clock that stands, and all that comes of them. */
import { limits } from '../../../src/limits.ts'
import { Updates } from '../../../src/runners/acp/updates.ts'
import { ManualClock } from '../manual-clock.ts'
import type { Limits } from '../../../src/limits.ts'
import type { TaskEvent, TaskMessage } from '../../../src/wire/events.ts'

export interface TrialUpdates {
  readonly updates: Updates
  readonly clock: ManualClock
  readonly batches: (readonly TaskEvent[])[]
  /** One read of the agent's output with these updates. */
  readonly take: (...taken: readonly Record<string, unknown>[]) => void
  readonly events: () => TaskEvent[]
  /** Action and message of each message event, in order. */
  readonly said: () => [string, TaskMessage][]
}

export function trialUpdates(more: Partial<Limits> = {}): TrialUpdates {
  const clock = new ManualClock()
  const batches: (readonly TaskEvent[])[] = []
  let ts = 0
  const updates = new Updates({
    taskId: 't1',
    cwd: '/project',
    limits: { ...limits, ...more },
    clock,
    nextTs: () => (ts += 1),
    announced: (batch) => void batches.push(batch),
  })
  const events = (): TaskEvent[] => batches.flat()
  return {
    updates,
    clock,
    batches,
    take(...taken) {
      for (const one of taken) updates.take(one)
      updates.outgoing.flush()
    },
    events,
    said: () =>
      events().flatMap((event) =>
        event.eventName === 'message' ? [[event.payload[0].action, event.payload[0].message]] : [],
      ),
  }
}

export function chunk(
  text: string,
  kind = 'agent_message_chunk',
  more: object = {},
): Record<string, unknown> {
  return { sessionUpdate: kind, content: { type: 'text', text }, ...more }
}
