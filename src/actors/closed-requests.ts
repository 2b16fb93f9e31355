/**
 * What closed tasks were asked to run. The store erases it at close, since it may hold secrets; here it is kept as long
 * as this daemon lives, so that a task closed by mistake can be opened again. Bounded in bytes: the oldest goes first.
 */
import type { StartNewTask } from '../wire/commands.ts'

export class ClosedRequests {
  readonly #bytesMax: number
  /** As bytes: a long prompt as a string of the heap would outlive many collections. */
  readonly #kept = new Map<string, Buffer>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  keep(task: string, request: StartNewTask): void {
    this.forget(task)
    const bytes = Buffer.from(JSON.stringify(request))
    if (bytes.length > this.#bytesMax) return
    this.#kept.set(task, bytes)
    this.#bytes += bytes.length
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) return
      this.forget(oldest)
    }
  }

  has(task: string): boolean {
    return this.#kept.has(task)
  }

  find(task: string): StartNewTask | undefined {
    const bytes = this.#kept.get(task)
    return bytes === undefined ? undefined : JSON.parse(bytes.toString())
  }

  forget(task: string): void {
    this.#bytes -= this.#kept.get(task)?.length ?? 0
    this.#kept.delete(task)
  }
}
