/** Who was started inside whom. */

/** More levels than tasks nest, and a bound where a parent is its own ancestor. */
const levelsMax = 1_000

/**
 * The outermost task that `task` runs in, itself where it runs in none. `parentOf` gives the task inside which one was
 * started, undefined where there is none or it is known no more.
 */
export function outermost(task: string, parentOf: (task: string) => string | undefined): string {
  let at = task
  for (let level = 0; level < levelsMax; level++) {
    const parent = parentOf(at)
    if (parent === undefined) return at
    at = parent
  }
  return at
}
