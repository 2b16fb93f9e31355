/**
 * What a command was called with: its environment, directory, streams and the options that every command has. Made once
 * per process; commands get it as an argument instead of reading globals.
 */
import { Output } from './output.ts'
import { commandLine } from './rendering/command-line.ts'
import type { Command } from 'commander'
import type { Env } from '../daemon/home.ts'

export interface Invocation {
  readonly env: Env
  readonly cwd: string
  /** The script that runs now: an autostarted daemon is started from it. */
  readonly entry: string
  readonly output: Output
  readonly json: boolean
  /** `--socket`. */
  readonly socket: string | undefined
}

interface SharedOptions {
  readonly json?: boolean
  readonly socket?: string
}

/** Reads the shared options of a command that commander has parsed. `data`: see Output. */
export function invocationOf(command: Command, data?: readonly ('stdout' | 'stderr')[]): Invocation {
  const options = command.optsWithGlobals<SharedOptions>()
  return {
    env: process.env,
    cwd: process.cwd(),
    entry: process.argv[1] ?? '',
    output: new Output(process, process.env, data),
    json: options.json === true,
    socket: options.socket,
  }
}

/** A command line of ours for the person to type next, in backquotes: to the same daemon as this one. */
export function advice({ socket }: Pick<Invocation, 'socket'>, words: string): string {
  return `\`callboard ${words}${socket === undefined ? '' : ` --socket ${commandLine([socket])}`}\``
}

/** Adds the options that every command has. They are taken before and after the command's name. */
export function withSharedOptions(command: Command): Command {
  return command
    .option('--socket <path>', "the daemon's socket (see `callboard socket`)")
    .option('--json', 'data as JSON: one document, or one object a line where events are followed')
}
