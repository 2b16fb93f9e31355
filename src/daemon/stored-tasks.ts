/**
 * The tasks that the store has, for a page that looks: listing them all costs with their number, so it is done again only
 * when that is a small part of the time that has passed. Those that settled meanwhile are read one by one.
 */
import type { Broker } from '../actors/broker-actor.ts'
import type { InspectorLimits } from '../inspector/limits.ts'
import type { TaskRecord } from '../store/store.ts'

export type StoredTasksLimits = Pick<InspectorLimits, 'tasksMax' | 'listingRestFactor' | 'listingRestMsMin'>

export interface Listed {
  /** The newest of those that do not live, oldest first. */
  readonly newest: readonly TaskRecord[]
  /** Of all that do not live. */
  readonly byState: Readonly<Record<string, number>>
}

export class StoredTasks {
  readonly #broker: Broker
  readonly #limits: StoredTasksLimits
  #newest: TaskRecord[] = []
  #byState: Record<string, number> = {}
  #lived: ReadonlySet<string> = new Set()
  #head = -1
  #againAt = 0

  constructor(broker: Broker, limits: StoredTasksLimits) {
    this.#broker = broker
    this.#limits = limits
  }

  list(): Listed {
    const { journal } = this.#broker.parts
    const living = new Set(Array.from(this.#broker.tasks.all(), ({ id }) => id))
    // Whatever happens to a task is journaled.
    if (journal.head !== this.#head) {
      if (performance.now() >= this.#againAt) this.#listAll(living)
      else this.#takeSettled(living)
      this.#head = journal.head
      this.#lived = living
    }
    return { newest: this.#newest.filter(({ id }) => !living.has(id)), byState: this.#byState }
  }

  #listAll(living: ReadonlySet<string>): void {
    const began = performance.now()
    const settled = this.#broker.parts.store.tasks().filter(({ id }) => !living.has(id))
    this.#byState = {}
    for (const { state } of settled) this.#byState[state] = (this.#byState[state] ?? 0) + 1
    const { tasksMax, listingRestFactor, listingRestMsMin } = this.#limits
    this.#newest = settled.slice(-tasksMax)
    const ended = performance.now()
    this.#againAt = ended + Math.max(listingRestMsMin, (ended - began) * listingRestFactor)
  }

  #takeSettled(living: ReadonlySet<string>): void {
    for (const id of this.#lived) {
      const record = living.has(id) ? undefined : this.#broker.parts.store.task(id)
      if (record === undefined) continue
      this.#byState[record.state] = (this.#byState[record.state] ?? 0) + 1
      this.#newest = [...this.#newest.slice(1 - this.#limits.tasksMax), record]
    }
  }
}
