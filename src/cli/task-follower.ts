/**
 * Follows tasks that somebody named until each of them has settled. Replayed events are history: that a task settled
 * long ago ends nothing. What decides is the tasks' state at the subscription's head, and the events after it.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { isSettled, isSettling } from './settled.ts'
import type { CallboardClient } from '../client/callboard-client.ts'
import type { EventMessage, Gap, Task } from '../wire/envelope.ts'

export class TaskFollower {
  readonly #client: CallboardClient
  readonly #unsettled: Set<string>
  readonly #head: number

  /** `tasks` as they were at sequence `head`. */
  constructor(client: CallboardClient, tasks: readonly Pick<Task, 'id' | 'state'>[], head: number) {
    this.#client = client
    this.#unsettled = new Set(tasks.filter((task) => !isSettled(task.state)).map((task) => task.id))
    this.#head = head
  }

  /** Gives each item to `take` until all tasks have settled and nothing more comes. */
  async follow(
    items: AsyncIterable<EventMessage | Gap>,
    take: (item: EventMessage | Gap) => Promise<void>,
  ): Promise<void> {
    const iterator = items[Symbol.asyncIterator]()
    try {
      let next = iterator.next()
      while (this.#unsettled.size > 0 || !(await this.#isQuiet(next))) {
        const result = await next
        if (result.done === true) return
        next = iterator.next()
        await take(result.value)
        await this.#note(result.value)
      }
      next.catch(() => undefined)
    } finally {
      await iterator.return?.()
    }
  }

  /** False when an item came, true when none can be on its way any more. */
  async #isQuiet(next: Promise<unknown>): Promise<boolean> {
    const came = next.then(
      () => true,
      () => true,
    )
    for (;;) {
      const asked = this.#isAllSent().then(async (isAllSent) => {
        // What came before the answer is handed on first.
        await turn()
        return isAllSent ? 'quiet' : 'later'
      })
      const outcome = await Promise.race([came, asked])
      if (outcome !== 'later') return outcome === 'quiet'
    }
  }

  /** Whether we stood at the journal's end when the daemon was asked: its answer comes after all that it sent. */
  async #isAllSent(): Promise<boolean> {
    const clients = await this.#client.listClients()
    const own = clients.find(({ clientId }) => clientId === this.#client.clientId)
    return own !== undefined && own.subscription !== 'none' && own.lagBytes === 0
  }

  async #note(item: EventMessage | Gap): Promise<void> {
    if (item.type === 'Gap') return this.#lookAgain()
    if (item.task === undefined || (item.seq ?? 0) <= this.#head) return
    if (isSettling(item.data.eventName)) this.#unsettled.delete(item.task)
    if (item.data.eventName === 'taskStarted') this.#unsettled.add(item.task)
  }

  /** What settled a task may be among the events that are missing. */
  async #lookAgain(): Promise<void> {
    for (const id of this.#unsettled) {
      const task = await this.#client.getTask(id)
      if (isSettled(task.state)) this.#unsettled.delete(id)
    }
  }
}
