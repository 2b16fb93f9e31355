/** Who was started inside whom. */

import { limits } from '../limits.ts'

/**
 * The outermost task that `task` runs in, itself where it runs in none. `parentOf` gives the task inside which one was
 * started, undefined where there is none or it is known no more. The bound holds where one is its own ancestor, too.
 */
export function outermost(task: string, parentOf: (task: string) => string | undefined): string {
  let at = task
  for (let level = 0; level < limits.ancestorsMax; level++) {
    const parent = parentOf(at)
    if (parent === undefined) return at
    at = parent
  }
  return at
}
