/** The owner of a link in tests: it writes down what it is told, and fails the test on what must not come. */
import type { LinkHandlers } from '../../src/transport/transport.ts'

export class Recorder implements LinkHandlers {
  readonly #chunks: Buffer[] = []
  opens = 0
  bytes = 0
  drains = 0
  ends = 0
  closes = 0
  error: Error | undefined
  /** What came after `closed`: always to be empty. */
  readonly late: string[] = []

  opened(): void {
    this.#note('opened')
    this.opens++
  }

  data(chunk: Buffer): void {
    this.#note('data')
    this.#chunks.push(Buffer.from(chunk))
    this.bytes += chunk.length
  }

  drained(): void {
    this.#note('drained')
    this.drains++
  }

  ended(): void {
    this.#note('ended')
    this.ends++
  }

  closed(error?: Error): void {
    this.#note('closed')
    this.closes++
    this.error = error
  }

  received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  #note(name: string): void {
    if (this.closes > 0) this.late.push(name)
  }
}
