/** Looks at what comes without taking it. Holds what was looked at, and reads no further than it was asked. */

export class LookAhead<T> {
  readonly #source: AsyncIterator<T>
  readonly #held: T[] = []
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined

  constructor(source: AsyncIterable<T>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /**
   * The item after the next `index` ones; undefined where there is none. Throws what the source threw, once everything
   * before that has been taken.
   */
  async peek(index: number): Promise<T | undefined> {
    while (this.#held.length <= index && !this.#hasEnded) await this.#read()
    if (this.#held.length === 0 && this.#failure !== undefined) throw this.#failure.error
    return this.#held[index]
  }

  /** The next item, which must have been looked at. */
  take(): T {
    const next = this.#held.shift()
    if (next === undefined) throw new Error('nothing was looked at')
    return next
  }

  async #read(): Promise<void> {
    try {
      const next = await this.#source.next()
      if (next.done === true) this.#hasEnded = true
      else this.#held.push(next.value)
    } catch (error) {
      this.#hasEnded = true
      this.#failure = { error }
    }
  }
}
