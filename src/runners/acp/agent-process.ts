/**
 * An agent's process: three pipes, a group of its own, the last words of its stderr, and its ending together with all
 * that it started. Its stdin and stdout belong to agent-stream.ts.
 */
import { spawn } from 'node:child_process'
import { standardStreams } from '../linux-processes.ts'
import { ProcessTree } from '../process-tree.ts'
import { TreeEnding } from '../tree-ending.ts'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Limits } from '../../limits.ts'
import type { ProcessTable } from '../process-table.ts'
import type { EndingOptions } from '../tree-ending.ts'

export interface AgentExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface AgentProcessOptions extends EndingOptions {
  readonly limits: EndingOptions['limits'] & Pick<Limits, 'agentStderrBytesMax'>
  readonly table: ProcessTable
  readonly taskId: string
  readonly command: readonly string[]
  readonly cwd: string
  readonly environment: Record<string, string>
}

export class AgentProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when it runs; rejects with the system's error where it cannot be started. */
  readonly spawned: Promise<void>
  /** Resolves when the process itself is gone; never where it could not be started. */
  readonly exit: Promise<AgentExit>
  readonly #options: AgentProcessOptions
  readonly #tree: ProcessTree
  #stderr: Buffer = Buffer.alloc(0)
  #ending: TreeEnding | undefined

  /** Starts it. Throws what `spawn` throws. */
  constructor(options: AgentProcessOptions) {
    const [program = '', ...args] = options.command
    const { cwd, environment: env, table, taskId } = options
    const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(program, args, {
      cwd,
      env,
      detached: true,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#options = options
    this.stdin = child.stdin
    this.stdout = child.stdout
    const { promise: spawned, resolve, reject } = Promise.withResolvers<void>()
    const { promise: exit, resolve: exited } = Promise.withResolvers<AgentExit>()
    child.once('spawn', () => resolve())
    child.on('error', reject)
    child.once('exit', (code, signal) => exited({ code, signal }))
    child.stderr.on('error', () => undefined)
    child.stderr.on('data', (chunk: Buffer) => this.#noteStderr(chunk))
    this.spawned = spawned
    this.exit = exit
    const root =
      child.pid === undefined
        ? undefined
        : { pid: child.pid, start: table.find(child.pid)?.start, streams: standardStreams(child.pid) }
    this.#tree = new ProcessTree(table, [taskId], root)
  }

  /** The end of what it wrote to stderr. */
  get stderr(): string {
    return this.#stderr.toString()
  }

  /** Ends it and all that it started, once. */
  end(): TreeEnding {
    return (this.#ending ??= new TreeEnding(this.#tree, this.#options))
  }

  #noteStderr(chunk: Buffer): void {
    const { agentStderrBytesMax } = this.#options.limits
    const all = Buffer.concat([this.#stderr, chunk.subarray(-agentStderrBytesMax)])
    this.#stderr = Buffer.from(all.subarray(-agentStderrBytesMax))
  }
}
