/** Plays recordings by a clock that is wound; what they told, and how long their waits were. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, vi } from 'vitest'
import { replayRunner } from '../../src/runners/replay.ts'
import { ManualClock } from './manual-clock.ts'
import { record, taskOf } from './recorded-run.ts'
import { writeRecording } from './sample-recording.ts'
import type { RecordedRun } from './recorded-run.ts'
import type { Timed } from './sample-recording.ts'
import type { TaskEvent } from '../../src/wire/events.ts'

type Play = (events: readonly Timed[], speed?: number, clock?: ManualClock, limits?: object) => RecordedRun

/** To be called once by a test file: the recordings that it plays are removed after its tests. */
export function player(): Play {
  const directory = mkdtempSync(join(tmpdir(), 'callboard-replay-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return (events, speed = 0, clock = new ManualClock(), limits = {}) => {
    const replay = writeRecording(directory, events, `${Math.random()}.jsonl`)
    return record(replayRunner({ clock, limits }), taskOf({ replay, speed }))
  }
}

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
