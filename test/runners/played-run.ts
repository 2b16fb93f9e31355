/** What a played recording told, and how its waits are wound. */
import { expect, vi } from 'vitest'
import type { ManualClock } from './manual-clock.ts'
import type { RecordedRun } from './recorded-run.ts'
import type { TaskEvent } from '../../src/wire/events.ts'

/** Winds the clock to each of its timers until the run has ended; how many milliseconds each wait took. */
export async function wound(run: RecordedRun, clock: ManualClock): Promise<number[]> {
  const waits: number[] = []
  while (!run.calls.includes('ended')) {
    await vi.waitFor(() => expect(clock.next !== undefined || run.calls.includes('ended')).toBe(true), {
      interval: 1,
    })
    const ms = clock.next
    if (ms === undefined) break
    waits.push(ms)
    clock.wind(ms)
  }
  return waits
}

const nameOf = (event: TaskEvent): string =>
  event.eventName === 'message'
    ? `${event.payload[0].action} ${event.payload[0].message.say}:${event.payload[0].message.text}`
    : event.eventName

export const told = (run: RecordedRun): string[] => run.announced.map(nameOf)

export const told6 = [
  'created text:I ',
  'updated text:I write',
  'updated text:I write it.',
  'taskModeSwitched',
  'taskToolFailed',
  'taskTokenUsageUpdated',
]
