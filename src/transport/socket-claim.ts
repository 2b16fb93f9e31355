/**
 * What lies at the socket's path before it is bound: nothing, a dead daemon's socket (removed), a live one or something
 * else (refused). To be called with the instance lock held, so that no other daemon does the same at the same time.
 */
import { lstatSync, unlinkSync, type BigIntStats } from 'node:fs'
import { connect } from 'node:net'
import { limits } from '../limits.ts'
import { codeOf } from './error-code.ts'
import { pathReady, pathRefused, type PathOutcome } from './path-outcome.ts'

export interface ClaimOptions {
  /** How long the owner of a socket may take to accept, in ms. */
  readonly probeMs?: number
  /** What a message advises to do instead: `give another path with --socket`. */
  readonly otherPath?: string
  readonly platform?: NodeJS.Platform
}

/** Clears the path for `listen`. A file that is not a socket, and a socket that somebody may serve, are never removed. */
export async function claimSocketPath(
  path: string,
  options: ClaimOptions = {},
): Promise<PathOutcome<undefined>> {
  const { probeMs = limits.socketProbeMs, platform = process.platform } = options
  const { otherPath = 'give another path with --socket' } = options
  if (platform === 'win32') return judge(path, await probe(path, probeMs), undefined, otherPath)
  let before: BigIntStats | undefined
  try {
    before = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    return unusable(path, codeOf(error), otherPath)
  }
  if (before === undefined) return pathReady(undefined)
  if (!before.isSocket()) {
    const message = `${path} exists and is not a socket: move it away, or ${otherPath}`
    return pathRefused('misconfigured', message)
  }
  return judge(path, await probe(path, probeMs), before, otherPath)
}

/** `connected`, `timeout`, or the error's code. */
async function probe(path: string, probeMs: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(path)
  const timer = setTimeout(() => resolve('timeout'), probeMs)
  socket.on('connect', () => resolve('connected'))
  socket.on('error', (error) => resolve(codeOf(error) ?? 'unknown error'))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

function judge(
  path: string,
  answer: string,
  before: BigIntStats | undefined,
  otherPath: string,
): PathOutcome<undefined> {
  switch (answer) {
    case 'ENOENT':
      return pathReady(undefined)
    case 'ECONNREFUSED':
      return removeStale(path, before, otherPath)
    case 'connected':
    case 'timeout':
    // A full backlog: there is somebody who does not accept just now.
    case 'EAGAIN':
      return alreadyServed(path, otherPath)
    default:
      return unusable(path, answer, otherPath)
  }
}

function removeStale(
  path: string,
  before: BigIntStats | undefined,
  otherPath: string,
): PathOutcome<undefined> {
  try {
    const now = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (now === undefined) return pathReady(undefined)
    if (now.dev !== before?.dev || now.ino !== before.ino) return alreadyServed(path, otherPath)
    unlinkSync(path)
    return pathReady(undefined)
  } catch (error) {
    return unusable(path, codeOf(error), otherPath)
  }
}

function alreadyServed(path: string, otherPath: string): PathOutcome<undefined> {
  const message = `${path} is already served by another program: use that one, or ${otherPath}`
  return pathRefused('taken', message)
}

function unusable(path: string, code: string | undefined, otherPath: string): PathOutcome<undefined> {
  const why = code ?? 'unknown error'
  const message = `${path} cannot be used (${why}): check its owner and its directory, or ${otherPath}`
  return pathRefused('misconfigured', message)
}
