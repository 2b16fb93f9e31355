/**
 * Ends every process of a run: TERM once to each, KILL after the grace, and looks again until nobody is left: a
 * process may fork while it is being looked for. Where the machine was not quiet meanwhile, nobody must be found twice.
 */
import type { ProcessTree } from './process-tree.ts'
import type { Limits } from '../limits.ts'
import type { Clock } from './clock.ts'
import type { ProcessEntry } from './process-table.ts'

export interface EndingOptions {
  readonly limits: Pick<Limits, 'cancelGraceMs' | 'reapPollMs' | 'reapDeadlineMs'>
  readonly clock: Clock
}

export class TreeEnding {
  readonly #tree: ProcessTree
  readonly #options: EndingOptions
  /** Who got TERM, so that nobody gets it twice: to many programs the second one means haste. */
  readonly #asked = new Set<string>()
  #killAt: number
  #wake: (() => void) | undefined
  /** How many processes could not be ended: resolves when the others are gone. Never rejects. */
  readonly left: Promise<number>

  constructor(tree: ProcessTree, options: EndingOptions) {
    this.#tree = tree
    this.#options = options
    this.#killAt = options.clock.now() + options.limits.cancelGraceMs
    this.left = this.#end()
  }

  /** Goes over to KILL at once. */
  force(): void {
    this.#killAt = Math.min(this.#killAt, this.#options.clock.now())
    this.#wake?.()
  }

  async #end(): Promise<number> {
    let emptyInARow = 0
    let kills = 0
    for (;;) {
      const { members, certain } = await this.#tree.find()
      const now = this.#options.clock.now()
      if (members.length === 0) {
        emptyInARow += 1
        if (certain || emptyInARow === 2) return 0
        continue
      }
      emptyInARow = 0
      if (now > this.#killAt + this.#options.limits.reapDeadlineMs) return members.length
      if (now < this.#killAt) {
        this.#ask(members)
        await this.#gone(members, this.#killAt)
        continue
      }
      this.#tree.signal(members, 'SIGKILL')
      // What does not go at once is stuck in the kernel: ever longer until the next look at the whole machine.
      await this.#gone(members, now + this.#options.limits.reapPollMs * 2 ** kills)
      kills += 1
    }
  }

  #ask(members: readonly ProcessEntry[]): void {
    const unasked = members.filter((one) => !this.#asked.has(`${one.pid}:${one.start}`))
    if (unasked.length === 0) return
    for (const one of unasked) this.#asked.add(`${one.pid}:${one.start}`)
    this.#tree.signal(unasked, 'SIGTERM')
    // A stopped process gets TERM only when it goes on.
    this.#tree.signal(unasked, 'SIGCONT')
  }

  /** Waits until none of them lives, until `until`, or until KILL became due earlier than it was. */
  async #gone(members: readonly ProcessEntry[], until: number): Promise<void> {
    const { clock, limits } = this.#options
    const killAt = this.#killAt
    do {
      await this.#pause(limits.reapPollMs)
      if (!members.some((one) => this.#tree.lives(one))) return
    } while (clock.now() < until && this.#killAt === killAt)
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#wake = () => resolve(undefined)
    const callOff = this.#options.clock.after(ms, this.#wake)
    await promise
    callOff()
    this.#wake = undefined
  }
}
