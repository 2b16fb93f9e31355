/** Recordings of tasks, and their playing. */
import { KiB, MiB } from './units.ts'

export const recordingLimits = {
  /** A recording's first line: a task's listed text and little more. Past it: it is not a recording. */
  recordingHeaderBytesMax: 64 * KiB,
  /** Any other line, of which one is held: with an event's envelope it stays a frame that our client takes. */
  recordingLineBytesMax: 33 * MiB,
  /** Values in one line: an event's are few and may be long. Past either: the recording is broken. */
  recordingValuesMax: 100_000,
  /** One read of a recording, and one batch of its events. */
  recordingReadBytes: 64 * KiB,
  /** How many times as fast as it was recorded; 0 is as fast as it is read. Past it: `invalid_command`. */
  replaySpeedMax: 1_000,
  /** Messages of a replay whose updates are known as theirs. Past it: the one not heard of for longest is forgotten. */
  replayMessagesKnown: 4_096,
  /** One timer of a replay: a longer wait takes several, since Node's timers end at 24 days. */
  replayTimerMsMax: 3_600_000,
} as const
