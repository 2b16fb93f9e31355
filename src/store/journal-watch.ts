/**
 * Whether the open file is still the one at its path. Who removes or replaces it while a daemon runs would have SQLite
 * write on into a file without a name, and lose all of it at the daemon's end.
 */
import { statSync } from 'node:fs'
import { StoreUnavailable } from './store.ts'

export class JournalWatch {
  readonly #path: string
  readonly #file: number | undefined
  #fault: StoreUnavailable | undefined

  constructor(path: string) {
    this.#path = path
    this.#file = this.#inode()
  }

  /** Looks whether it is there, or there again. */
  look(): void {
    this.#fault =
      this.#inode() === this.#file
        ? undefined
        : new StoreUnavailable(
            `The journal ${this.#path} was moved away or replaced while it was open: put it back, or start the daemon anew.`,
          )
  }

  /** Throws StoreUnavailable where the last look did not find it. */
  refuseMissing(): void {
    if (this.#fault !== undefined) throw this.#fault
  }

  #inode(): number | undefined {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino
  }
}
