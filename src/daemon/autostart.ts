/**
 * Starts a daemon for a client that found none: detached, in its own session, so that it outlives the client and its
 * terminal. Many may do so at once; the daemon's own lock lets one win, and to lose (exit 75) is as good as to win. The
 * trap: a loser must go on trying, because the lock may have been held by a daemon that was just stopping.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { limits } from '../limits.ts'
import { openHome } from './home.ts'
import type { Env } from './home.ts'

export interface AutostartOptions<T> {
  /** Absolute path of the script whose `serve` is the daemon. */
  readonly entry: string
  /** The daemon's home; made where it is missing. */
  readonly home: string
  /** The socket's path, where the client was told one; else the daemon finds the same default. */
  readonly socketPath?: string
  readonly env: Env
  /** Connects: undefined where nobody answers yet. What it throws ends the waiting. */
  readonly probe: () => Promise<T | undefined>
  /** Ends the waiting; its reason is thrown. The daemon goes on starting. */
  readonly signal?: AbortSignal
  readonly deadlineMs?: number
}

export type Autostarted<T> =
  | { readonly ok: true; readonly value: T }
  /** `logTail`: what the daemon that failed to start said last; `exitCode` where it exited. */
  | { readonly ok: false; readonly message: string; readonly logTail: string; readonly exitCode?: number }

/** The daemon's exit code when another one holds its lock or its socket. */
const alreadyRunning = 75
const probeFirstMs = 10
const probeLastMs = 200
/** After losing to somebody who does not answer for so long, start again: it may have been on its way out. */
const loserRetryMs = 1_000
const logTailBytes = 4_096
const logTailLines = 12

/** Variables that belong to the task or program that the client runs in, not to a daemon that outlives it. */
const dropped: ReadonlySet<string> = new Set([
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
  'CALLBOARD_TASK',
  'CALLBOARD_SOCKET',
  'ROO_CODE_IPC_SOCKET_PATH',
  'PWD',
  'OLDPWD',
  'INIT_CWD',
])

/** Starts a daemon and waits until `probe` connects. Throws what `probe` or the home directory's making throws. */
export async function autostart<T>(options: AutostartOptions<T>): Promise<Autostarted<T>> {
  if (!isAbsolute(options.entry))
    throw new TypeError(`The daemon's script must be an absolute path: ${options.entry}`)
  openHome(options.home)
  const deadlineMs = options.deadlineMs ?? limits.autostartDeadlineMs
  const deadlineAt = Date.now() + deadlineMs
  let attempt = launch(options)
  for (let waitMs = probeFirstMs; Date.now() < deadlineAt; waitMs = Math.min(waitMs * 2, probeLastMs)) {
    await Promise.race([delay(waitMs, undefined, abortable(options.signal)), attempt.died])
    // Asked before probing: a daemon that died after this cannot be the one that answers.
    const fate = attempt.fate()
    const value = await options.probe()
    if (value !== undefined) return { ok: true, value }
    if (fate.kind === 'failed') {
      const { exitCode } = fate
      const failure = failed(`the daemon could not be started: ${fate.why}`, attempt)
      return exitCode === undefined ? failure : { ...failure, exitCode }
    }
    if (fate.kind === 'lost' && Date.now() - fate.at >= loserRetryMs) attempt = launch(options)
    else if (fate.kind === 'lost') await delay(waitMs, undefined, abortable(options.signal))
  }
  return failed(`the daemon that was started does not answer after ${deadlineMs / 1_000} s`, attempt)
}

type Fate =
  | { readonly kind: 'alive' }
  | { readonly kind: 'lost'; readonly at: number }
  | { readonly kind: 'failed'; readonly why: string; readonly exitCode?: number }

interface Attempt {
  /** Resolves when the process is gone. */
  readonly died: Promise<void>
  fate(): Fate
  readonly logPath: string
  /** The log's size before this attempt. */
  readonly logStart: number
}

function launch<T>(options: AutostartOptions<T>): Attempt {
  const logPath = join(options.home, 'daemon.log')
  const log = openSync(logPath, 'a', 0o600)
  try {
    const logStart = fstatSync(log).size
    const socket = options.socketPath === undefined ? [] : ['--socket', options.socketPath]
    const child = spawn(process.execPath, [options.entry, 'serve', '--log-file', logPath, ...socket], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: daemonEnvironment(options.env),
      windowsHide: true,
    })
    child.unref()
    return { ...watched(child), logPath, logStart }
  } finally {
    closeSync(log)
  }
}

function watched(child: ChildProcess): Pick<Attempt, 'died' | 'fate'> {
  let fate: Fate = { kind: 'alive' }
  const { promise: died, resolve } = Promise.withResolvers<void>()
  const settle = (found: Fate): void => {
    fate = found
    resolve()
  }
  child.once('error', (error) => settle({ kind: 'failed', why: error.message }))
  child.once('exit', (code, signal) => {
    if (code === alreadyRunning) settle({ kind: 'lost', at: Date.now() })
    else if (code === null) settle({ kind: 'failed', why: `${signal ?? 'something'} ended it` })
    else settle({ kind: 'failed', why: `it exited with code ${code}`, exitCode: code })
  })
  return { died, fate: () => fate }
}

/** The client's environment without what is its own alone. */
export function daemonEnvironment(env: Env): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !dropped.has(name)))
}

function failed(message: string, attempt: Attempt): { ok: false; message: string; logTail: string } {
  return { ok: false, message: `${message} (its log: ${attempt.logPath})`, logTail: tail(attempt) }
}

/** The last lines that the log got since the attempt began. */
function tail({ logPath, logStart }: Attempt): string {
  try {
    const log = openSync(logPath, 'r')
    try {
      const { size } = fstatSync(log)
      const start = Math.max(size < logStart ? 0 : logStart, size - logTailBytes)
      const bytes = Buffer.alloc(size - start)
      const read = readSync(log, bytes, 0, bytes.length, start)
      return bytes.toString('utf8', 0, read).trimEnd().split('\n').slice(-logTailLines).join('\n')
    } finally {
      closeSync(log)
    }
  } catch {
    return ''
  }
}

function abortable(signal: AbortSignal | undefined): { signal: AbortSignal } | undefined {
  return signal === undefined ? undefined : { signal }
}
