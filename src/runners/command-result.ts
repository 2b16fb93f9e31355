/**
 * The sentences that say how a command ended. Of the command line they name the program alone: arguments, prompt and
 * environment may hold secrets.
 */
import type { RunResult } from './runner.ts'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'it is not a program that this user may run',
  EPERM: 'it is not a program that this user may run',
  ENOTDIR: 'a part of its path is not a directory',
  ELOOP: 'its path has too many symbolic links',
  ENAMETOOLONG: 'its path is too long',
  ENOEXEC: 'it is not a program of this system',
  ETXTBSY: 'the file is being written',
  E2BIG: 'its arguments and environment are too long for this system',
  EAGAIN: 'this user has too many processes',
  EMFILE: 'the daemon has too many open files',
  ENFILE: 'the system has too many open files',
  ENOMEM: 'the system has no memory left',
}

/** Why `program` did not start. `charsMax` bounds how much of its name is shown. */
export function notStarted(program: string, error: unknown, charsMax: number): RunResult {
  const shown = program.length > charsMax ? `${program.slice(0, charsMax)}…` : program
  return { ok: false, text: `Could not start ${JSON.stringify(shown)}: ${reason(program, codeOf(error))}.` }
}

/** Why nothing was started: the directory was there when the task was checked. */
export function noDirectory(cwd: string): RunResult {
  return { ok: false, text: `Could not start the command: there is no directory ${JSON.stringify(cwd)}.` }
}

export function exited(code: number | null, signal: NodeJS.Signals | null): RunResult {
  if (signal !== null) return { ok: false, text: `Command was ended by ${signal}.`, exit: { signal } }
  const exit = { code: code ?? 0 }
  if (exit.code === 0) return { ok: true, text: 'Command completed with exit code 0.', exit }
  return { ok: false, text: `Command failed with exit code ${exit.code}.`, exit }
}

/** The kernel did not let go of it: a process that waits for a device or a dead file server outlives SIGKILL. */
export function notEnded(processes: number): RunResult {
  return { ok: false, text: `Command did not end: ${processes} of its processes outlived SIGKILL.` }
}

function reason(program: string, code: string): string {
  if (code !== 'ENOENT') return reasons[code] ?? `the system says ${code}`
  return program.includes('/') ? 'no such program, or its interpreter is missing' : 'no such program on PATH'
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'nothing more'
}
