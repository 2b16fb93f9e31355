/**
 * Time as the runners take it in: real for the daemon, wound by hand in tests.
 * Timers never keep the daemon alive by themselves: what they wait for belongs to a run that does.
 */

export interface Clock {
  /** Milliseconds, rising, of no particular origin. */
  now(): number
  /** Calls `act` once after `ms` milliseconds; the function returned calls it off. */
  after(ms: number, act: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms).unref()
    return () => clearTimeout(timer)
  },
}

/** The same for what nobody else keeps the daemon alive for: before it serves, a timer may be all that it has. */
export const holdingClock: Clock = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` milliseconds of that clock. */
export async function waitFor(clock: Clock, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  clock.after(ms, () => resolve(undefined))
  await promise
}
