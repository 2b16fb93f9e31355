/**
 * What `run` does when its daemon goes away: it waits a while for it to come back, since a daemon that was killed knows
 * its tasks again once it is started anew. By itself `run` starts none, which could be killed by the same cause.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { CallboardError } from '../client/callboard-error.ts'
import { limits } from '../limits.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { advice } from './invocation.ts'
import type { Invocation } from './invocation.ts'

const pollMs = 100

export interface ReturnOptions<T> {
  /** Undefined where no daemon answers. */
  readonly probe: () => Promise<T | undefined>
  readonly signal: AbortSignal
  readonly now?: () => number
  readonly wait?: (ms: number) => Promise<unknown>
}

/** What `probe` gives once a daemon answers again; undefined where none does for `limits.daemonReturnMs`. */
export async function daemonBack<T>(options: ReturnOptions<T>): Promise<T | undefined> {
  const { probe, signal, now = Date.now, wait = delay } = options
  const end = now() + limits.daemonReturnMs
  for (;;) {
    signal.throwIfAborted()
    const found = await probe()
    if (found !== undefined || now() >= end) return found
    await wait(Math.min(pollMs, end - now()))
  }
}

export interface FollowingOptions<C extends AsyncDisposable, T> extends ReturnOptions<C> {
  /** Told each time before it waits. */
  readonly waiting: () => void
  readonly use: (back: C) => Promise<T>
  /** As often as it may go away. */
  readonly returnsMax?: number
}

/**
 * What `use` gives with the daemon that came back: where that one goes away too it is waited for anew. Undefined where
 * none came back, or it went too often. Throws what `use` does for another reason.
 */
export async function withDaemonBack<C extends AsyncDisposable, T>(
  options: FollowingOptions<C, T>,
): Promise<T | undefined> {
  for (let left = options.returnsMax ?? limits.daemonReturnsMax; left > 0; left--) {
    options.waiting()
    await using back = await daemonBack(options)
    if (back === undefined) return undefined
    try {
      return await options.use(back)
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return undefined
}

/** Whether `error` means that the daemon is gone: its link broke and could not be had again. */
export function isGone(error: unknown): error is CallboardError {
  return error instanceof CallboardError && (error.code === 'closed' || error.code === 'unreachable')
}

/** The daemon did not come back. */
export function notBack(invocation: Pick<Invocation, 'socket'>, taskId: string, cause: unknown): Failure {
  const [serve, resume] = [advice(invocation, 'serve'), advice(invocation, `resume ${taskId}`)]
  return new Failure(
    `the daemon went away while the task ${taskId} ran; once one runs again (${serve}), ${resume} runs the task again.`,
    exitCodes.noDaemon,
    { cause },
  )
}

/** A daemon came back that keeps no journal, or another one. */
export function forgotten(taskId: string, cause: unknown): Failure {
  return new Failure(
    `the daemon went away while the task ${taskId} ran, and the one that runs now does not know the task.`,
    exitCodes.failure,
    { cause },
  )
}
