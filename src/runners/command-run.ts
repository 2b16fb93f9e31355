/**
 * One run of a command, from spawn to `ended`: exit, then the closing of its output, then the end of every descendant,
 * then the last message. The trap: a paused reader must lose nothing, so no time runs against output that nobody reads.
 */
import { spawn } from 'node:child_process'
import { homedir } from 'node:os'
import { isDirectory } from './command-check.ts'
import { AskChannel, askVariable, hasAskChannel } from './ask-channel.ts'
import { CommandInput } from './command-input.ts'
import { exited, noDirectory, notEnded, notStarted } from './command-result.ts'
import { runEnvironment } from './environment.ts'
import { standardStreams } from './linux-processes.ts'
import { OutputReader } from './output-reader.ts'
import { OutputStream } from './output-stream.ts'
import { ProcessTree } from './process-tree.ts'
import { TreeEnding } from './tree-ending.ts'
import { refused } from '../wire/rejection.ts'
import { Duplex } from 'node:stream'
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Limits } from '../limits.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { OutputOptions } from './output-stream.ts'
import type { ProcessTable } from './process-table.ts'
import type { AskAnswer, Run, RunEvents, RunnerTask, RunResult } from './runner.ts'
import type { EndingOptions } from './tree-ending.ts'

export interface CommandSettings extends EndingOptions {
  readonly limits: EndingOptions['limits'] &
    OutputOptions['limits'] &
    Pick<Limits, 'stdinBytesMax' | 'outputCloseGraceMs' | 'loggedTextCharsMax' | 'askLineBytesMax'>
  readonly environment: NodeJS.ProcessEnv
  readonly table: ProcessTable
}

/** Starts the process in this turn; all that is said of it comes in later turns. Never throws. */
export function startCommand(task: RunnerTask, events: RunEvents, settings: CommandSettings): Run {
  const [program = '', ...args] = task.callboard.command ?? []
  const cwd = task.callboard.cwd ?? homedir()
  const fail = (error: unknown): Run =>
    unstarted(events, notStarted(program, error, settings.limits.loggedTextCharsMax))
  if (!isDirectory(cwd)) return unstarted(events, noDirectory(cwd))
  try {
    const environment = {
      ...runEnvironment(task, settings.environment),
      ...(hasAskChannel ? askVariable : {}),
    }
    const input = (task.callboard.stdin ?? 'closed') === 'closed' ? 'ignore' : 'pipe'
    const child = spawn(program, args, {
      cwd,
      env: environment,
      detached: true,
      windowsHide: true,
      stdio: [input, 'pipe', 'pipe', ...(hasAskChannel ? (['pipe'] as const) : [])],
    })
    if (child.pid !== undefined) return new CommandRun(child, child.pid, task, events, settings)
    child.once('error', (error) => void fail(error))
    return idleRun
  } catch (error) {
    return fail(error)
  }
}

/** A run of nothing: there is no process to send to or to end. */
const idleRun: Run = {
  send: () => refused('unsupported', 'this command has not started: nothing can be sent to it'),
  answer: () => undefined,
  cancel: () => undefined,
  kill: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
}

function unstarted(events: RunEvents, result: RunResult): Run {
  setImmediate(() => events.ended(result))
  return idleRun
}

class CommandRun implements Run {
  readonly #events: RunEvents
  readonly #settings: CommandSettings
  readonly #input: CommandInput
  readonly #output: OutputStream
  readonly #reader: OutputReader
  readonly #asks: AskChannel | undefined
  readonly #tree: ProcessTree
  readonly #gaveUp = Promise.withResolvers<RunResult>()
  readonly #endingBegan = Promise.withResolvers<undefined>()
  #ending: TreeEnding | undefined

  constructor(
    child: ChildProcess,
    pid: number,
    task: RunnerTask,
    events: RunEvents,
    settings: CommandSettings,
  ) {
    const { limits, clock, table } = settings
    this.#events = events
    this.#settings = settings
    this.#input = new CommandInput(
      task.callboard.stdin ?? 'closed',
      child.stdin,
      task.text,
      limits.stdinBytesMax,
    )
    this.#output = new OutputStream({
      limits,
      clock,
      nextTs: () => events.nextTs(),
      messages: (batch) => events.messages(batch),
    })
    this.#reader = new OutputReader(piped(child.stdout), piped(child.stderr), this.#output, clock)
    const [, , , asks] = child.stdio
    this.#asks = asks instanceof Duplex ? new AskChannel(asks, events, limits) : undefined
    const root = { pid, start: table.find(pid)?.start, streams: standardStreams(pid) }
    this.#tree = new ProcessTree(table, [task.id], root)
    child.once('spawn', () => {
      events.started()
      this.#reader.begin()
      this.#asks?.begin()
    })
    void this.#live(exitOf(child))
  }

  accepts(text: string, images: readonly string[]): Outcome<void> {
    return this.#input.accepts(text, images)
  }

  send(text: string, images: readonly string[]): Outcome<void> {
    return this.#input.send(text, images)
  }

  answer(key: string, answer: AskAnswer): void {
    this.#asks?.answer(key, answer)
  }

  cancel(): void {
    this.#end()
  }

  kill(): void {
    this.#end().force()
  }

  pause(): void {
    this.#reader.pause()
    this.#asks?.pause()
  }

  resume(): void {
    this.#reader.resume()
    this.#asks?.resume()
  }

  async #live(exit: Promise<RunResult>): Promise<void> {
    const { outputCloseGraceMs } = this.#settings.limits
    const result = await Promise.race([exit, this.#gaveUp.promise])
    this.#input.close()
    await Promise.race([this.#reader.closedWithin(outputCloseGraceMs), this.#endingBegan.promise])
    await this.#end().left
    await this.#reader.drained(outputCloseGraceMs)
    this.#output.end()
    this.#asks?.close()
    this.#events.ended(result)
  }

  /** Ends the run's processes, once; the same ending serves a cancel and what a command leaves behind. */
  #end(): TreeEnding {
    if (this.#ending !== undefined) return this.#ending
    const ending = new TreeEnding(this.#tree, this.#settings)
    this.#ending = ending
    this.#endingBegan.resolve(undefined)
    void this.#watch(ending)
    return ending
  }

  async #watch(ending: TreeEnding): Promise<void> {
    const left = await ending.left
    if (left > 0) this.#gaveUp.resolve(notEnded(left))
  }
}

function piped(stream: Readable | null): Readable {
  if (stream === null) throw new Error('a command was started without pipes')
  return stream
}

async function exitOf(child: ChildProcess): Promise<RunResult> {
  const { promise, resolve } = Promise.withResolvers<RunResult>()
  // Only a signal that could not be sent is reported as an error after the start, and none is sent this way.
  child.on('error', () => undefined)
  child.once('exit', (code, signal) => resolve(exited(code, signal)))
  return await promise
}
