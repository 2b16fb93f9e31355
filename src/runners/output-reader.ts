/**
 * Reads a child's two pipes into its output stream, and stops when told: what is not read stays in the kernel, which
 * stops the child. Pulls instead of being pushed to, because Node resumes a paused pipe by itself when the child exits.
 */
import { waitFor } from './clock.ts'
import type { Readable } from 'node:stream'
import type { Clock } from './clock.ts'
import type { OutputStream, StreamName } from './output-stream.ts'

export class OutputReader {
  readonly #pipes: ReadonlyMap<StreamName, Readable>
  readonly #output: OutputStream
  readonly #clock: Clock
  readonly #closed: Promise<unknown>
  #open: number
  #paused = false
  /** Rises with all that shows the output to be alive: what is read, and pauses, in which nothing can be. */
  #signs = 0

  constructor(stdout: Readable, stderr: Readable, output: OutputStream, clock: Clock) {
    this.#pipes = new Map([
      ['stdout', stdout],
      ['stderr', stderr],
    ])
    this.#output = output
    this.#clock = clock
    this.#open = this.#pipes.size
    this.#closed = Promise.all([...this.#pipes.values()].map(async (pipe) => await this.#closing(pipe)))
  }

  begin(): void {
    for (const [name, pipe] of this.#pipes) pipe.on('readable', () => this.#read(name, pipe))
  }

  pause(): void {
    this.#paused = true
    this.#signs += 1
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#signs += 1
    for (const [name, pipe] of this.#pipes) this.#read(name, pipe)
  }

  /** Resolves when both pipes have been read to their end, at the latest after `ms` milliseconds. */
  async closedWithin(ms: number): Promise<void> {
    await Promise.race([this.#closed, waitFor(this.#clock, ms)])
  }

  /**
   * Resolves when both pipes have been read to their end. Whoever holds one open without writing for `ms`
   * milliseconds while it is being read is nobody of this run: then it is closed.
   */
  async drained(ms: number): Promise<void> {
    while (this.#open > 0) {
      const before = this.#signs
      await this.closedWithin(ms)
      if (this.#signs !== before || this.#paused) continue
      for (const pipe of this.#pipes.values()) pipe.destroy()
      await this.#closed
    }
  }

  #read(name: StreamName, pipe: Readable): void {
    while (!this.#paused) {
      const chunk: unknown = pipe.read()
      if (!Buffer.isBuffer(chunk)) return
      this.#signs += 1
      this.#output.push(name, chunk)
    }
  }

  async #closing(pipe: Readable): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    // A pipe that breaks has ended: its 'close' follows.
    pipe.on('error', () => undefined)
    pipe.once('close', () => resolve(undefined))
    await promise
    this.#open -= 1
  }
}
