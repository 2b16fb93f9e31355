/**
 * One command that an agent has the daemon run. Its output is told as that of any command, and its end is kept for the
 * agent, which asks for it. It is a process group of its own inside the task.
 */
import { spawn } from 'node:child_process'
import { standardStreams } from '../linux-processes.ts'
import { OutputReader } from '../output-reader.ts'
import { OutputStream } from '../output-stream.ts'
import { ProcessTree } from '../process-tree.ts'
import { TreeEnding } from '../tree-ending.ts'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Limits } from '../../limits.ts'
import type { OutputOptions, StreamName } from '../output-stream.ts'
import type { ProcessTable } from '../process-table.ts'
import type { EndingOptions } from '../tree-ending.ts'
import type { AgentExit } from './agent-process.ts'

export interface TerminalOptions extends OutputOptions, EndingOptions {
  readonly limits: OutputOptions['limits'] & EndingOptions['limits'] & Pick<Limits, 'outputCloseGraceMs'>
  readonly table: ProcessTable
  readonly command: readonly string[]
  readonly cwd: string
  readonly environment: Record<string, string>
  /** Of the output that is kept. */
  readonly bytesMax: number
}

export class Terminal {
  /** Rejects with the system's error where it could not be started. */
  readonly spawned: Promise<void>
  /** Resolves when it has ended and its output has been read. */
  readonly ended: Promise<AgentExit>
  readonly #options: TerminalOptions
  readonly #output: KeptOutput
  readonly #reader: OutputReader
  readonly #tree: ProcessTree
  #ending: TreeEnding | undefined
  #exit: AgentExit | undefined

  /** Throws what `spawn` throws. */
  constructor(options: TerminalOptions) {
    const [program = '', ...args] = options.command
    const { cwd, environment: env, table, clock, bytesMax } = options
    const child: ChildProcessByStdio<null, Readable, Readable> = spawn(program, args, {
      cwd,
      env,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#options = options
    this.#output = new KeptOutput(options, bytesMax)
    this.#reader = new OutputReader(child.stdout, child.stderr, this.#output, clock)
    const { pid } = child
    const root =
      pid === undefined ? undefined : { pid, start: table.find(pid)?.start, streams: standardStreams(pid) }
    this.#tree = new ProcessTree(table, [], root)
    const { promise: spawned, resolve, reject } = Promise.withResolvers<void>()
    const { promise: exited, resolve: exit } = Promise.withResolvers<AgentExit>()
    child.once('spawn', () => {
      this.#reader.begin()
      resolve()
    })
    child.on('error', reject)
    child.once('exit', (code, signal) => exit({ code, signal }))
    this.spawned = spawned
    this.ended = this.#end(exited)
  }

  /** What is kept of its output, and how it ended, once it has. */
  get state(): {
    readonly output: string
    readonly truncated: boolean
    readonly exit: AgentExit | undefined
  } {
    return { ...this.#output.kept, exit: this.#exit }
  }

  /** Ends it and what it started. Resolves when nobody is left. */
  async kill(): Promise<void> {
    this.#ending ??= new TreeEnding(this.#tree, this.#options)
    await this.#ending.left
  }

  pause(): void {
    this.#reader.pause()
  }

  resume(): void {
    this.#reader.resume()
  }

  async #end(exited: Promise<AgentExit>): Promise<AgentExit> {
    const exit = await exited
    await this.#reader.drained(this.#options.limits.outputCloseGraceMs)
    this.#output.end()
    this.#exit = exit
    return exit
  }
}

/** Output that is told as it comes, and of which the last bytes are kept. */
class KeptOutput extends OutputStream {
  readonly #bytesMax: number
  #chunks: Buffer[] = []
  #bytes = 0
  #truncated = false

  constructor(options: OutputOptions, bytesMax: number) {
    super(options)
    this.#bytesMax = bytesMax
  }

  get kept(): { readonly output: string; readonly truncated: boolean } {
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = [bytes]
    let from = Math.max(0, bytes.length - this.#bytesMax)
    // Not in the middle of a character.
    while (from > 0 && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1
    return { output: bytes.toString('utf8', from), truncated: this.#truncated || from > 0 }
  }

  override push(stream: StreamName, chunk: Buffer): void {
    this.#chunks.push(Buffer.from(chunk))
    this.#bytes += chunk.length
    // Copied seldom: when twice as much has gathered as is kept.
    if (this.#bytes > this.#bytesMax * 2 + chunk.length) this.#shorten()
    super.push(stream, chunk)
  }

  #shorten(): void {
    const kept = Buffer.from(Buffer.concat(this.#chunks).subarray(-Math.max(1, this.#bytesMax)))
    this.#chunks = [kept]
    this.#bytes = kept.length
    this.#truncated = true
  }
}
