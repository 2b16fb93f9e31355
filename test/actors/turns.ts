/** Waiting without a clock: turns of the event loop until something holds. */
import { setImmediate as turn } from 'node:timers/promises'

/** Resolves when `holds`; fails after so many turns that it never will. */
export async function until(holds: () => boolean, what = String(holds)): Promise<void> {
  for (let left = 3_000; left > 0; left--) {
    if (holds()) return
    await turn()
  }
  throw new Error(`never: ${what}`)
}

/** Lets everything that is under way in memory happen. */
export async function quiet(turns = 60): Promise<void> {
  for (let left = turns; left > 0; left--) await turn()
}
