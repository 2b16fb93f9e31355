/**
 * What waits for a `for await` loop, and the loops that wait for it. It knows nothing of links: its owner decides what
 * to do when it is full.
 */
export class EventQueue<T> {
  #items: T[] = []
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>>[] = []
  #ended = false
  #error: Error | undefined

  get length(): number {
    return this.#items.length
  }

  /** Somebody waits for the next one. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0
  }

  push(item: T): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#items.push(item)
    else waiting.resolve({ done: false, value: item })
  }

  /** The next item; done after the end; rejects once with what it was failed with, after the items before it. */
  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift()
    if (item !== undefined) return Promise.resolve({ done: false, value: item })
    if (this.#error !== undefined) {
      const error = this.#error
      this.#error = undefined
      return Promise.reject(error)
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    const waiting = Promise.withResolvers<IteratorResult<T, undefined>>()
    this.#waiting.push(waiting)
    return waiting.promise
  }

  /** What waits is dropped: nobody will take it. */
  end(): void {
    this.#items = []
    this.#error = undefined
    this.#finish()
  }

  /** What waits is still given. */
  finish(): void {
    this.#finish()
  }

  /** What waits is still given, then the error. */
  fail(error: Error): void {
    if (this.#ended) return
    const first = this.#waiting.shift()
    if (first === undefined) this.#error = error
    else first.reject(error)
    this.#finish()
  }

  #finish(): void {
    this.#ended = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) one.resolve({ done: true, value: undefined })
  }
}
