/** Says what is being waited for, once the wait is one that a person notices: what is quick needs no words. */
import type { Invocation } from './invocation.ts'

const noticedMs = 500

/** Until it is disposed of. `sentence` is asked for when it is said. */
export function sayWhenLong({ output }: Invocation, sentence: () => string): Disposable {
  const timer = setTimeout(() => output.say(sentence()), noticedMs)
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}
