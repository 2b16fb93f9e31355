/**
 * Plays a recorded task: its events at the times of the recording, or at another speed, with no model and no process.
 * The file is read in recording-file.ts, what is told of it is decided in replay-script.ts, when in replay-run.ts.
 */
import { limits as defaults } from '../limits.ts'
import { refused } from '../wire/rejection.ts'
import { systemClock } from './clock.ts'
import { checkRecording } from './recording-file.ts'
import { ReplayRun } from './replay-run.ts'
import type { ReplaySettings } from './replay-run.ts'
import type { Runner } from './runner.ts'

export interface ReplayRunnerOptions {
  /** Bounds other than the daemon's own. */
  readonly limits?: Partial<ReplaySettings['limits']>
  readonly clock?: ReplaySettings['clock']
}

/** The runner of tasks that have a recording. */
export function replayRunner(options: ReplayRunnerOptions = {}): Runner {
  const limits = { ...defaults, ...options.limits }
  const { clock = systemClock } = options
  return {
    name: 'replay',
    resumable: true,
    check({ callboard: { replay } }) {
      if (replay === undefined) return refused('invalid_command', 'configuration.callboard.replay is missing')
      return checkRecording(replay, limits)
    },
    start(task, events) {
      const run = new ReplayRun(task, events, { limits, clock })
      // In a later turn: nothing may come of a run before its task has it.
      setImmediate(() => void run.play())
      return run
    },
  }
}
