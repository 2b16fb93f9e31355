/**
 * How long to wait before the next attempt: full jitter under a doubling cap, so that a thousand clients of a daemon
 * that restarts do not come back in one instant.
 */
export interface BackOffBounds {
  readonly firstBackOffMs: number
  readonly lastBackOffMs: number
}

/** The cap of the wait after `failures` failed attempts in a row; 0 after a link that was lost. Milliseconds. */
export function backOffCapMs(failures: number, bounds: BackOffBounds): number {
  return Math.min(bounds.lastBackOffMs, bounds.firstBackOffMs * 2 ** Math.max(0, failures - 1))
}

/** A wait from 0 up to the cap. `random` gives [0, 1). Whole milliseconds. */
export function backOffMs(failures: number, bounds: BackOffBounds, random: () => number): number {
  return Math.floor(random() * backOffCapMs(failures, bounds))
}
