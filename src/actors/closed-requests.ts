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

  /** What is returned puts back what there was before. */
  keep(task: string, request: StartNewTask): () => void {
    const gone = this.#take(task)
    const bytes = Buffer.from(JSON.stringify(request))
    if (bytes.length <= this.#bytesMax) this.#add(task, bytes)
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) break
      gone.push(...this.#take(oldest))
    }
    return () => {
      this.#take(task)
      this.#putBack(gone)
    }
  }

  has(task: string): boolean {
    return this.#kept.has(task)
  }

  find(task: string): StartNewTask | undefined {
    const bytes = this.#kept.get(task)
    return bytes === undefined ? undefined : JSON.parse(bytes.toString())
  }

  /** What is returned puts it back. */
  forget(task: string): () => void {
    const gone = this.#take(task)
    return () => this.#putBack(gone)
  }

  #add(task: string, bytes: Buffer): void {
    this.#kept.set(task, bytes)
    this.#bytes += bytes.length
  }

  #take(task: string): [string, Buffer][] {
    const bytes = this.#kept.get(task)
    if (bytes === undefined) return []
    this.#kept.delete(task)
    this.#bytes -= bytes.length
    return [[task, bytes]]
  }

  /** Before all others: they were the oldest, or nearly so. */
  #putBack(gone: readonly (readonly [string, Buffer])[]): void {
    const others = [...this.#kept]
    this.#kept.clear()
    this.#bytes = 0
    for (const [task, bytes] of [...gone, ...others]) this.#add(task, bytes)
  }
}
