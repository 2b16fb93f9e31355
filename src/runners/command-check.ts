/**
 * What a command may be, checked before its task takes a slot. Refusals name the field and what to configure, never
 * an argument's or a variable's value: those may be secrets.
 */
import { statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { accepted, refused } from '../wire/rejection.ts'
import { runEnvironment } from './environment.ts'
import type { Limits } from '../limits.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { RunnerTask } from './runner.ts'

export type CommandLimits = Pick<Limits, 'commandArgsMax' | 'commandBytesMax' | 'commandArgBytesMax'>

const field = 'configuration.callboard'
const noCommand =
  `${field}.command is missing: give the program and its arguments as an array, ` +
  `or name a profile of the daemon's config that has a command in ${field}.profile`

/** Refuses, with `invalid_command`, what could not be started whatever the machine's state. Does nothing else. */
export function checkCommand(
  task: RunnerTask,
  base: NodeJS.ProcessEnv,
  limits: CommandLimits,
): Outcome<void> {
  const { command, cwd, env } = task.callboard
  if (command === undefined || command.length === 0) return refused('invalid_command', noCommand)
  const problem =
    argumentsProblem(command, limits) ??
    variablesProblem(env ?? {}) ??
    bytesProblem(command, runEnvironment(task, base), limits) ??
    directoryProblem(cwd)
  return problem === undefined ? accepted(undefined) : refused('invalid_command', problem)
}

function argumentsProblem(command: readonly string[], limits: CommandLimits): string | undefined {
  if (command[0] === '') return `${field}.command.0 is empty: give the program's name or path`
  if (command.length > limits.commandArgsMax) {
    return `${field}.command has ${command.length} arguments; at most ${limits.commandArgsMax} are taken`
  }
  const index = command.findIndex((argument) => argument.includes('\0'))
  return index === -1
    ? undefined
    : `${field}.command.${index} has a NUL character, which no argument can hold`
}

function variablesProblem(env: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      return `${field}.env has a name that is empty or has "=" or a NUL character in it`
    }
    if (value.includes('\0')) return `${field}.env: a value has a NUL character, which no variable can hold`
  }
  return undefined
}

function bytesProblem(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  limits: CommandLimits,
): string | undefined {
  const strings = [...command, ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)]
  let total = 0
  for (const [index, string] of strings.entries()) {
    const bytes = Buffer.byteLength(string) + 1
    if (bytes > limits.commandArgBytesMax) {
      const what = index < command.length ? `command.${index}` : 'env: a variable'
      return `${field}.${what} has ${bytes} bytes; at most ${limits.commandArgBytesMax} are taken`
    }
    total += bytes
  }
  if (total <= limits.commandBytesMax) return undefined
  return `${field}: arguments and environment have ${total} bytes; at most ${limits.commandBytesMax} are taken`
}

function directoryProblem(cwd: string | undefined): string | undefined {
  if (cwd === undefined) return undefined
  if (cwd.includes('\0') || !isAbsolute(cwd)) return `${field}.cwd must be an absolute path`
  return isDirectory(cwd) ? undefined : `${field}.cwd: ${JSON.stringify(cwd)} is not a directory that exists`
}

export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
