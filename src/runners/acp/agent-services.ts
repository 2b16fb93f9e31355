/** What an agent may ask of us while it works: a person's word, files, terminals. One of each for a run. */
import { runEnvironment } from '../environment.ts'
import { AgentAsks } from './agent-asks.ts'
import { AgentFiles } from './agent-files.ts'
import { AgentTerminals } from './agent-terminals.ts'
import type { Limits } from '../../limits.ts'
import type { ProcessTable } from '../process-table.ts'
import type { RunEvents, RunnerTask } from '../runner.ts'
import type { EndingOptions } from '../tree-ending.ts'
import type { AgentRequests } from './agent-calls.ts'
import type { Updates } from './updates.ts'

export interface ServicesOptions extends Pick<EndingOptions, 'clock'> {
  readonly task: RunnerTask
  readonly cwd: string
  readonly events: RunEvents
  readonly updates: Updates
  readonly limits: Limits
  readonly table: ProcessTable
  /** The daemon's own. */
  readonly environment: NodeJS.ProcessEnv
}

export class AgentServices {
  readonly asks: AgentAsks
  readonly terminals: AgentTerminals
  readonly #files: AgentFiles

  constructor({ task, cwd, events, updates, limits, clock, table, environment }: ServicesOptions) {
    const denied = (path: string): void => {
      updates.note('rooignore_error', path)
      updates.outgoing.flush()
    }
    this.asks = new AgentAsks({ events, updates, limits })
    this.#files = new AgentFiles({ cwd, bytesMax: limits.agentFileBytesMax, denied })
    this.terminals = new AgentTerminals({
      limits,
      clock,
      table,
      cwd,
      denied,
      nextTs: () => events.nextTs(),
      messages: (batch) => events.messages(batch),
      environment: (more) => {
        const env = { ...task.callboard.env, ...more }
        return runEnvironment({ ...task, callboard: { ...task.callboard, env } }, environment)
      },
    })
  }

  /** By method of the protocol. */
  get requests(): AgentRequests {
    const { asks, terminals } = this
    return {
      'session/request_permission': async (params, signal) => await asks.permission(params, signal),
      'elicitation/create': async (params, signal) => await asks.elicitation(params, signal),
      'fs/read_text_file': async (params) => await this.#files.read(params),
      'fs/write_text_file': async (params) => await this.#files.write(params),
      'terminal/create': async (params) => await terminals.create(params),
      'terminal/output': (params) => terminals.output(params),
      'terminal/wait_for_exit': async (params) => await terminals.waitForExit(params),
      'terminal/kill': async (params) => await terminals.kill(params),
      'terminal/release': async (params) => await terminals.release(params),
    }
  }
}
