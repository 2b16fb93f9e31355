/** How far long work is, in one line of a terminal's stderr that is taken away at its end. Elsewhere: nothing. */
import type { Writable } from 'node:stream'

/** Between two looks of a person. */
const everyMs = 100

export class Progress {
  readonly #stream: Writable & { readonly isTTY?: boolean }
  readonly #deed: string
  #saidAt = 0
  #said = false

  /** `deed`: "copied". */
  constructor(deed: string, stream: Writable & { readonly isTTY?: boolean } = process.stderr) {
    this.#deed = deed
    this.#stream = stream
  }

  say(done: number, total: number): void {
    if (this.#stream.isTTY !== true || performance.now() - this.#saidAt < everyMs) return
    this.#saidAt = performance.now()
    this.#said = true
    const share = total > 0 ? ` (${Math.min(100, Math.floor((done / total) * 100))} %)` : ''
    this.#stream.write(`\r\u001b[Kcallboard: ${this.#deed} ${done.toLocaleString('en')} events${share}`)
  }

  end(): void {
    if (this.#said) this.#stream.write('\r\u001b[K')
  }
}
