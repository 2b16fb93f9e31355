/** A command as the daemon is asked to run it: in the caller's directory, with the caller's environment. */
import { InvalidArgumentError } from 'commander'
import { limits } from '../limits.ts'
import { commandLine } from './rendering/command-line.ts'
import { cut } from './rendering/width.ts'
import type { Invocation } from './invocation.ts'
import type { CallboardConfiguration, StartNewTask } from '../wire/commands.ts'

export interface TaskRequestOptions {
  /** Keeps the command's standard input open for messages. */
  readonly stdin?: boolean
  /** Its place in the queue: higher ones first. */
  readonly priority?: number
}

export function taskRequest(
  { env, cwd }: Invocation,
  command: readonly string[],
  options: TaskRequestOptions,
): StartNewTask {
  const callboard: CallboardConfiguration = {
    command: [...command],
    cwd,
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    stdin: options.stdin === true ? 'open' : 'closed',
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  }
  return { text: cut(commandLine(command), limits.listedTextCharsMax), configuration: { callboard } }
}

/** An option's value that is a priority. */
export function priority(value: string): number {
  const { priorityMax } = limits
  const number = Number(value)
  if (/^-?\d+$/.test(value) && Math.abs(number) <= priorityMax) return number
  throw new InvalidArgumentError(`Give a whole number from -${priorityMax} to ${priorityMax}.`)
}
