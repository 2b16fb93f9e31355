/** The terminals of one run: commands that the agent has the daemon run, inside the task's directory, few at a time. */
import { limits as defaults } from '../../limits.ts'
import { realpath } from 'node:fs/promises'
import { isDirectory } from '../command-check.ts'
import { AgentRefusal, invalidParams, notFound } from './failure.ts'
import { numberAt, objectsAt, textAt } from './fields.ts'
import { codeOfError } from './system-error.ts'
import { pathInside, PathRefused } from './task-paths.ts'
import { Terminal } from './terminal.ts'
import type { Limits } from '../../limits.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { AgentExit } from './agent-process.ts'
import type { TerminalOptions } from './terminal.ts'

export interface AgentTerminalsOptions extends Omit<
  TerminalOptions,
  'command' | 'cwd' | 'environment' | 'bytesMax'
> {
  readonly limits: TerminalOptions['limits'] &
    Pick<Limits, 'agentTerminalsMax' | 'agentTerminalBytesMax' | 'commandBytesMax' | 'commandArgsMax'>
  /** The task's directory. */
  readonly cwd: string
  /** Names and values for its commands, with those of the agent's request over the task's. */
  environment(more: Readonly<Record<string, string>>): Record<string, string>
  denied(path: string): void
}

export class AgentTerminals {
  readonly #options: AgentTerminalsOptions
  readonly #open = new Map<string, Terminal>()
  #count = 0
  #starting = 0
  #isPaused = false
  #isClosed = false

  constructor(options: AgentTerminalsOptions) {
    this.#options = options
  }

  /** Answers terminal/create. */
  async create(params: JsonObject): Promise<{ terminalId: string }> {
    const { limits } = this.#options
    if (this.#open.size + this.#starting >= limits.agentTerminalsMax) {
      throw new AgentRefusal(
        -32_603,
        `${limits.agentTerminalsMax} terminals are open, which is the limit: release one`,
      )
    }
    const id = `terminal-${(this.#count += 1)}`
    const terminal = await this.#started(params)
    this.#open.set(id, terminal)
    if (this.#isPaused) terminal.pause()
    return { terminalId: id }
  }

  /** Answers terminal/output. */
  output(params: JsonObject): JsonObject {
    const { output, truncated, exit } = this.#named(params).state
    return { output, truncated, ...(exit === undefined ? {} : { exitStatus: statusOf(exit) }) }
  }

  /** Answers terminal/wait_for_exit. */
  async waitForExit(params: JsonObject): Promise<JsonObject> {
    return statusOf(await this.#named(params).ended)
  }

  /** Answers terminal/kill: its output stays to be asked for. */
  async kill(params: JsonObject): Promise<JsonObject> {
    await this.#named(params).kill()
    return {}
  }

  /** Answers terminal/release. */
  async release(params: JsonObject): Promise<JsonObject> {
    const terminal = this.#named(params)
    this.#open.delete(textAt(params, 'terminalId') ?? '')
    await terminal.kill()
    return {}
  }

  pause(): void {
    this.#isPaused = true
    for (const terminal of this.#open.values()) terminal.pause()
  }

  resume(): void {
    this.#isPaused = false
    for (const terminal of this.#open.values()) terminal.resume()
  }

  /** None is started any more. */
  close(): void {
    this.#isClosed = true
  }

  /** Once no process of the task is left: resolves when all that they wrote has been told. */
  async drained(): Promise<void> {
    await Promise.all(Array.from(this.#open.values(), async (one) => await one.ended))
  }

  async #started(params: JsonObject): Promise<Terminal> {
    this.#starting += 1
    try {
      return await this.#start(params)
    } finally {
      this.#starting -= 1
    }
  }

  async #start(params: JsonObject): Promise<Terminal> {
    const { limits } = this.#options
    const command = this.#commandOf(params)
    const cwd = await this.#directory(textAt(params, 'cwd'))
    if (this.#isClosed) throw new AgentRefusal(-32_603, 'The task is ending')
    const asked = numberAt(params, 'outputByteLimit') ?? limits.agentTerminalBytesMax
    try {
      const terminal = new Terminal({
        ...this.#options,
        command,
        cwd,
        environment: this.#options.environment(variablesOf(params)),
        bytesMax: Math.max(0, Math.min(asked, limits.agentTerminalBytesMax)),
      })
      await terminal.spawned
      return terminal
    } catch (error) {
      const code = codeOfError(error)
      throw new AgentRefusal(-32_603, `The command could not be started${code === '' ? '' : `: ${code}`}`)
    }
  }

  /** A command without arguments that is more than a program's name is a line for the shell: some agents send it so. */
  #commandOf(params: JsonObject): string[] {
    const { commandBytesMax, commandArgsMax } = this.#options.limits
    const program = textAt(params, 'command') ?? ''
    const given = params['args']
    const args = Array.isArray(given) ? given.filter((one): one is string => typeof one === 'string') : []
    const bytes = [program, ...args].reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0)
    const hasNul = [program, ...args].some((one) => one.includes('\0'))
    if (program === '' || hasNul)
      throw new AgentRefusal(invalidParams, 'A command is a program and its arguments')
    if (bytes > commandBytesMax || args.length >= commandArgsMax) {
      throw new AgentRefusal(
        invalidParams,
        `The command has more than ${commandBytesMax} bytes or too many arguments`,
      )
    }
    return args.length === 0 && /[\s|&;<>()$`"'*?]/.test(program)
      ? ['/bin/sh', '-c', program]
      : [program, ...args]
  }

  async #directory(path: string | undefined): Promise<string> {
    const { cwd } = this.#options
    if (path === undefined) return cwd
    try {
      const real = await pathInside(await realpath(cwd), path)
      if (isDirectory(real)) return real
    } catch (error) {
      if (!(error instanceof PathRefused)) throw error
      this.#options.denied(path)
      throw new AgentRefusal(invalidParams, `This directory is refused: ${error.message}`)
    }
    throw new AgentRefusal(invalidParams, 'There is no such directory')
  }

  #named(params: JsonObject): Terminal {
    const terminal = this.#open.get(textAt(params, 'terminalId') ?? '')
    if (terminal === undefined) throw new AgentRefusal(notFound, 'There is no such terminal')
    return terminal
  }
}

function statusOf({ code, signal }: AgentExit): JsonObject {
  return { exitCode: code, signal }
}

function variablesOf(params: JsonObject): Record<string, string> {
  const variables = objectsAt(params, 'env', defaults.agentListMax) ?? []
  return Object.fromEntries(
    variables.flatMap((one) => {
      const [name, value] = [textAt(one, 'name') ?? '', textAt(one, 'value') ?? '']
      return name === '' || /[=\0]/.test(name) || value.includes('\0') ? [] : [[name, value]]
    }),
  )
}
