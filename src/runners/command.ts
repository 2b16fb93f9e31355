/**
 * Runs a task's command: one process group of its own, no shell, its output as messages. Nothing is left of it when
 * its run has ended. What may be run is checked in command-check.ts; a run's life is in command-run.ts.
 */
import { limits as defaults } from '../limits.ts'
import { checkCommand } from './command-check.ts'
import { systemClock } from './clock.ts'
import { startCommand } from './command-run.ts'
import { processTable } from './process-table.ts'
import type { CommandLimits } from './command-check.ts'
import type { CommandSettings } from './command-run.ts'
import type { Runner } from './runner.ts'

export interface CommandRunnerOptions {
  /** Bounds other than the daemon's own. */
  readonly limits?: Partial<CommandLimits & CommandSettings['limits']>
  readonly clock?: CommandSettings['clock']
  /** The daemon's environment, of which commands inherit a little. */
  readonly environment?: NodeJS.ProcessEnv
  readonly table?: CommandSettings['table']
}

/** The runner of tasks that have a command. */
export function commandRunner(options: CommandRunnerOptions = {}): Runner {
  const limits = { ...defaults, ...options.limits }
  const environment = options.environment ?? process.env
  const { clock = systemClock, table = processTable } = options
  return {
    name: 'command',
    resumable: true,
    check: (task) => checkCommand(task, environment, limits),
    start: (task, events) => startCommand(task, events, { limits, environment, clock, table }),
  }
}
