/**
 * Which task may run next: so many at once, and of those with the same exclusivity key one at a time. A task that was
 * started from inside a running one takes no slot and does not wait for the keys of its ancestors, nor, since that too
 * could close a circle, for any other key while an ancestor holds one: nothing waits for its own parent. Keys stay held
 * until the last task that shares them has left. Owner: the broker actor.
 */
import { Turns } from './turns.ts'

export interface QueueTask {
  readonly id: string
  /** Clients take turns. */
  readonly client: string
  /** Higher ones first. */
  readonly priority: number
  /** Of its request, while it waits. */
  readonly bytes: number
  /** At most one task with the same key runs. */
  readonly exclusive?: string
  /** The task inside which it was started: it counts while that one runs. */
  readonly parent?: string
}

export interface QueueOptions {
  /** Tasks that run at once, those apart that take no slot. */
  readonly slots: number
  /** Tasks that run at once in all. */
  readonly runningMax: number
  readonly waitingMax: number
  readonly waitingBytesMax: number
}

interface Waiting extends QueueTask {
  readonly takesSlot: boolean
}

interface Running {
  readonly takesSlot: boolean
  /** Its own key, and those that it shares with its ancestors. */
  readonly keys: readonly string[]
}

export class RunQueue {
  readonly #options: QueueOptions
  readonly #turns = new Turns<Waiting>()
  readonly #running = new Map<string, Running>()
  /** How many running tasks hold each key. */
  readonly #holders = new Map<string, number>()
  #slotsTaken = 0
  #bytes = 0

  constructor(options: QueueOptions) {
    this.#options = options
  }

  get runningCount(): number {
    return this.#running.size
  }

  get waitingCount(): number {
    return this.#turns.size
  }

  /** Bytes of the requests that wait. */
  get waitingBytes(): number {
    return this.#bytes
  }

  isWaiting(id: string): boolean {
    return this.#turns.get(id) !== undefined
  }

  isRunning(id: string): boolean {
    return this.#running.has(id)
  }

  /** `granted`: it runs from now on. `full`: it was not taken. Nobody overtakes one that could run. */
  enter(task: QueueTask): 'granted' | 'waiting' | 'full' {
    const waiting = this.#entry(task)
    if (this.#mayRun(waiting) && (!waiting.takesSlot || this.#due() === undefined)) {
      if (this.#running.size >= this.#options.runningMax) return 'full'
      this.#run(waiting)
      return 'granted'
    }
    const { waitingMax, waitingBytesMax } = this.#options
    if (this.#turns.size >= waitingMax || this.#bytes + task.bytes > waitingBytesMax) return 'full'
    this.#wait(waiting)
    return 'waiting'
  }

  /** Waits whatever the bounds: it waited before the daemon was started again. */
  readmit(task: QueueTask): void {
    this.#wait(this.#entry(task))
  }

  /** Lets the next one run that may; undefined where none may. `undo` makes it wait again where it waited. */
  next(): { readonly id: string; undo(): void } | undefined {
    const task = this.#due()
    if (task === undefined) return undefined
    const putBack = this.#turns.serve(task.id)
    this.#bytes -= task.bytes
    this.#run(task)
    return {
      id: task.id,
      undo: () => {
        if (!this.#stop(task.id)) return
        putBack?.()
        this.#bytes += task.bytes
      },
    }
  }

  /** It waits no longer, unless what is returned is called: then it waits where it did. One that runs is left alone. */
  withdraw(id: string): () => void {
    const task = this.#turns.get(id)
    const putBack = this.#turns.withdraw(id)
    if (task === undefined || putBack === undefined) return () => {}
    this.#bytes -= task.bytes
    return () => {
      putBack()
      this.#bytes += task.bytes
    }
  }

  /** It waits or runs no longer. Idempotent. */
  leave(id: string): void {
    const task = this.#turns.get(id)
    if (task === undefined) {
      this.#stop(id)
      return
    }
    this.#turns.remove(id)
    this.#bytes -= task.bytes
  }

  /** From 1, in the order in which those that wait would run; undefined where it does not wait. */
  place(id: string): number | undefined {
    return this.#turns.place(id)
  }

  /** Those that wait, in that order. */
  waiting(): readonly string[] {
    return this.#turns.inOrder().map(({ id }) => id)
  }

  #entry(task: QueueTask): Waiting {
    return { ...task, takesSlot: task.parent === undefined || !this.#running.has(task.parent) }
  }

  #wait(task: Waiting): void {
    this.#turns.add(task)
    this.#bytes += task.bytes
  }

  /** The first in turn that may run. */
  #due(): Waiting | undefined {
    if (this.#turns.size === 0 || this.#running.size >= this.#options.runningMax) return undefined
    if (this.#slotsTaken >= this.#options.slots && ![...this.#turns.all()].some((one) => !one.takesSlot)) {
      return undefined
    }
    return this.#turns.inOrder().find((task) => this.#mayRun(task))
  }

  #mayRun(task: Waiting): boolean {
    if (task.takesSlot && this.#slotsTaken >= this.#options.slots) return false
    if (task.exclusive === undefined || this.#inherited(task).length > 0) return true
    return !this.#holders.has(task.exclusive)
  }

  #inherited({ parent }: QueueTask): readonly string[] {
    return (parent === undefined ? undefined : this.#running.get(parent)?.keys) ?? []
  }

  #run(task: Waiting): void {
    const own = task.exclusive === undefined ? [] : [task.exclusive]
    const keys = [...new Set([...this.#inherited(task), ...own])]
    for (const key of keys) this.#holders.set(key, (this.#holders.get(key) ?? 0) + 1)
    if (task.takesSlot) this.#slotsTaken += 1
    this.#running.set(task.id, { takesSlot: task.takesSlot, keys })
  }

  #stop(id: string): boolean {
    const running = this.#running.get(id)
    if (running === undefined) return false
    this.#running.delete(id)
    if (running.takesSlot) this.#slotsTaken -= 1
    for (const key of running.keys) {
      const left = (this.#holders.get(key) ?? 0) - 1
      if (left > 0) this.#holders.set(key, left)
      else this.#holders.delete(key)
    }
    return true
  }
}
