/**
 * The order in which what waits is served: higher priority first; among equals clients take turns, so that one that
 * waits with a hundred does not keep back another's one; of one client's, what came first. Nobody of one priority waits
 * for ever: who comes later is never due before the oldest of a client that waits. Owner: the run queue.
 */

export interface Turn {
  readonly id: string
  readonly client: string
  /** Higher ones first. */
  readonly priority: number
}

interface Place<T> {
  readonly item: T
  readonly arrival: number
}

/** What one client waits with in one level, by arrival, and the round in which its first is due. */
interface Line<T> {
  due: number
  readonly places: Place<T>[]
}

/** One priority. `round` is the highest that was served: who begins to wait is due in the next one. */
interface Level<T> {
  round: number
  readonly lines: Map<string, Line<T>>
}

interface Due<T> extends Place<T> {
  readonly round: number
}

export class Turns<T extends Turn> {
  readonly #levels = new Map<number, Level<T>>()
  readonly #arrivals = new Map<string, Place<T>>()
  #arrived = 0

  get size(): number {
    return this.#arrivals.size
  }

  get(id: string): T | undefined {
    return this.#arrivals.get(id)?.item
  }

  /** Whatever waits, in no order that means anything. */
  *all(): Generator<T> {
    for (const { item } of this.#arrivals.values()) yield item
  }

  /** Waits from now on, behind what its client waits with already. */
  add(item: T): void {
    this.#insert({ item, arrival: ++this.#arrived })
  }

  /** Takes an item out whose turn it was: its client's next one is due a round later. */
  serve(id: string): (() => void) | undefined {
    const place = this.#arrivals.get(id)
    if (place === undefined) return undefined
    const { priority, client } = place.item
    const level = this.#levels.get(priority)
    const line = level?.lines.get(client)
    const putBack = this.#backTo(place)
    if (level !== undefined && line !== undefined) {
      level.round = Math.max(level.round, line.due)
      line.due = Math.max(line.due, level.round) + 1
    }
    this.remove(id)
    return putBack
  }

  /** Takes an item out that may yet come back to where it waited: by what is returned. */
  withdraw(id: string): (() => void) | undefined {
    const place = this.#arrivals.get(id)
    if (place === undefined) return undefined
    const putBack = this.#backTo(place)
    this.remove(id)
    return putBack
  }

  /** Takes an item out that waits no longer; false where none waits by this id. */
  remove(id: string): boolean {
    const place = this.#arrivals.get(id)
    if (place === undefined) return false
    this.#arrivals.delete(id)
    const { priority, client } = place.item
    const level = this.#levels.get(priority)
    const line = level?.lines.get(client)
    if (level === undefined || line === undefined) return true
    line.places.splice(line.places.indexOf(place), 1)
    // A client that waits with nothing is as one that comes anew: its next round would be the same.
    if (line.places.length === 0) level.lines.delete(client)
    if (level.lines.size === 0) this.#levels.delete(priority)
    return true
  }

  /** All that waits, as it would be served from now on if nothing else came. */
  inOrder(): T[] {
    return [...this.#due()].toSorted(compare).map(({ item }) => item)
  }

  /** From 1, in that order; undefined where none waits by this id. */
  place(id: string): number | undefined {
    if (!this.#arrivals.has(id)) return undefined
    const all = [...this.#due()]
    const own = all.find(({ item }) => item.id === id)
    if (own === undefined) return undefined
    return 1 + all.filter((one) => compare(one, own) < 0).length
  }

  *#due(): Generator<Due<T>> {
    for (const { round, lines } of this.#levels.values()) {
      for (const { due, places } of lines.values()) {
        const later = Math.max(due, round)
        for (const [index, place] of places.entries()) {
          yield { ...place, round: index === 0 ? due : later + index }
        }
      }
    }
  }

  #insert(place: Place<T>): Line<T> {
    const { priority, client, id } = place.item
    this.#arrivals.set(id, place)
    const level = this.#levels.get(priority) ?? { round: 0, lines: new Map<string, Line<T>>() }
    this.#levels.set(priority, level)
    const line = level.lines.get(client) ?? { due: level.round + 1, places: [] }
    level.lines.set(client, line)
    const behind = line.places.findIndex(({ arrival }) => arrival > place.arrival)
    line.places.splice(behind === -1 ? line.places.length : behind, 0, place)
    return line
  }

  #backTo(place: Place<T>): () => void {
    const { priority, client } = place.item
    const level = this.#levels.get(priority)
    const [due, round] = [level?.lines.get(client)?.due ?? 0, level?.round ?? 0]
    return () => this.#putBack(place, due, round)
  }

  #putBack(place: Place<T>, due: number, round: number): void {
    const line = this.#insert(place)
    line.due = Math.min(line.due, due)
    const level = this.#levels.get(place.item.priority)
    if (level !== undefined) level.round = Math.min(level.round, round)
  }
}

function compare<T extends Turn>(one: Due<T>, other: Due<T>): number {
  return other.item.priority - one.item.priority || one.round - other.round || one.arrival - other.arrival
}
