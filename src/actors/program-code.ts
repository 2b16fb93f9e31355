/** The code of the program that uses the library: its listeners and its log, which both of the library's ends call. */

/** As the classes of the field take it, `console.log` by default. */
export type LogFunction = (...args: unknown[]) => void

/**
 * Calls it. What it throws is thrown again in a later turn, as Node does with a listener's errors: it must not be taken
 * for a fault of the link that it was called for.
 */
export function callProgram(code: () => void): void {
  try {
    code()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}
