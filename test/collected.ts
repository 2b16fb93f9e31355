/** Whether garbage collection takes an object: what costs nothing but memory shows by nothing else. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// A test's worker is started without it.
setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** Collects, and looks. What was in use in this turn may stay for that long: to be asked again. */
export function isCollected(ref: WeakRef<object>): boolean {
  if (typeof collect !== 'function') throw new Error('no garbage collection')
  collect()
  return ref.deref() === undefined
}
