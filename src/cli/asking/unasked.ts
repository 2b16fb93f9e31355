/** Says on stderr what a task asks where nobody is asked here: it waits for another client, which would look like work. */
import { advice } from '../invocation.ts'
import { askText } from '../rendering/ask-words.ts'
import { shortId } from '../task-id.ts'
import type { Invocation } from '../invocation.ts'
import type { TaskEvent } from '../../wire/events.ts'

export class Unasked {
  readonly #invocation: Pick<Invocation, 'socket' | 'output'>
  readonly #isApproving: boolean

  /** `isApproving`: what has an option that allows is answered by our lease. */
  constructor(invocation: Pick<Invocation, 'socket' | 'output'>, isApproving: boolean) {
    this.#invocation = invocation
    this.#isApproving = isApproving
  }

  /** An event that the task has announced. */
  take(event: TaskEvent): void {
    if (event.eventName !== 'askOpened') return
    const [, ask] = event.payload
    if (this.#isApproving && ask.options?.some(({ meaning }) => meaning === 'allow') === true) return
    const later = advice(this.#invocation, `answer ${shortId(ask.id)} …`)
    this.#invocation.output.say(`the task asks: ${askText(ask)}; ${later} answers it.`)
  }
}
