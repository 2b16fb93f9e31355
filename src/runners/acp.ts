/**
 * Runs a task's command as an agent that speaks the Agent Client Protocol: the task's text is its prompt, and what it
 * says, does and asks is told as messages, tools and asks. A run's life is in acp/agent-run.ts, the mapping of an
 * agent's updates in acp/updates.ts.
 */
import { homedir } from 'node:os'
import { limits as defaults } from '../limits.ts'
import { AgentRun } from './acp/agent-run.ts'
import { systemClock } from './clock.ts'
import { checkCommand, isDirectory } from './command-check.ts'
import { noDirectory, notStarted } from './command-result.ts'
import { loginOf } from './known-agents.ts'
import { processTable } from './process-table.ts'
import { refused } from '../wire/rejection.ts'
import type { Limits } from '../limits.ts'
import type { Clock } from './clock.ts'
import type { ProcessTable } from './process-table.ts'
import type { Run, RunEvents, Runner, RunResult } from './runner.ts'

export interface AcpRunnerOptions {
  /** Ours, for agents to know. */
  readonly version: string
  /** Bounds other than the daemon's own. */
  readonly limits?: Partial<Limits>
  readonly clock?: Clock
  /** The daemon's environment, of which agents inherit a little. */
  readonly environment?: NodeJS.ProcessEnv
  readonly table?: ProcessTable
}

/** The runner of tasks whose command is an agent. */
export function acpRunner(options: AcpRunnerOptions): Runner {
  const limits: Limits = { ...defaults, ...options.limits }
  const environment = options.environment ?? process.env
  const { version, clock = systemClock, table = processTable } = options
  return {
    name: 'acp',
    resumable: true,
    takesFollowUp: true,
    queuesMessages: true,
    check: (task) => checkCommand(task, environment, limits),
    start(task, events) {
      const cwd = task.callboard.cwd ?? homedir()
      if (!isDirectory(cwd)) return unstarted(events, noDirectory(cwd))
      try {
        return new AgentRun(task, cwd, events, { limits, clock, environment, table, version, loginOf })
      } catch (error) {
        const program = task.callboard.command?.[0] ?? ''
        return unstarted(events, notStarted(program, error, limits.loggedTextCharsMax))
      }
    },
  }
}

function unstarted(events: RunEvents, result: RunResult): Run {
  setImmediate(() => events.ended(result))
  return {
    send: () => refused('unsupported', 'this agent has not started: nothing can be sent to it'),
    answer: () => undefined,
    cancel: () => undefined,
    kill: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
  }
}
