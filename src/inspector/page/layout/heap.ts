/** What the search of a way takes next: numbers by their cost, the cheapest first. */

export class Heap {
  readonly #states: number[] = []
  readonly #costs: number[] = []
  /** The cost of what was popped last. */
  popped = 0

  push(state: number, value: number): void {
    let index = this.#states.length
    this.#states.push(state)
    this.#costs.push(value)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if ((this.#costs[parent] ?? 0) <= value) break
      this.#swap(index, parent)
      index = parent
    }
  }

  pop(): number | undefined {
    const first = this.#states[0]
    if (first === undefined) return undefined
    this.popped = this.#costs[0] ?? 0
    const [state, value] = [this.#states.pop() ?? 0, this.#costs.pop() ?? 0]
    if (this.#states.length === 0) return first
    this.#states[0] = state
    this.#costs[0] = value
    this.#sink()
    return first
  }

  #sink(): void {
    const size = this.#states.length
    for (let index = 0; ;) {
      const [left, right] = [2 * index + 1, 2 * index + 2]
      let least = index
      if (left < size && (this.#costs[left] ?? 0) < (this.#costs[least] ?? 0)) least = left
      if (right < size && (this.#costs[right] ?? 0) < (this.#costs[least] ?? 0)) least = right
      if (least === index) return
      this.#swap(index, least)
      index = least
    }
  }

  #swap(a: number, b: number): void {
    const [state, value] = [this.#states[a] ?? 0, this.#costs[a] ?? 0]
    this.#states[a] = this.#states[b] ?? 0
    this.#costs[a] = this.#costs[b] ?? 0
    this.#states[b] = state
    this.#costs[b] = value
  }
}
