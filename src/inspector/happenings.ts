/**
 * What happened while somebody looked, numbered in its order: moves of actors and what was said on links. A bounded
 * ring, for the page's going back in time and for pages that were away. Scalars alone: nothing of the daemon is kept
 * alive by it.
 */

interface Happened {
  /** From 1, rising by one. */
  readonly n: number
  /** Milliseconds since the Unix epoch. */
  readonly at: number
}

/** An actor took an edge, or got an event that it did not expect. */
export interface Move extends Happened {
  readonly kind: 'move'
  /** `callboard/connection`. */
  readonly machine: string
  readonly actor: string
  readonly event: string
  /** Ids of states; null: it begins with this, or ends. */
  readonly from: string | null
  readonly to: string | null
  /** The edge's place among the chart's transitions; null where the event was not expected, or there is none. */
  readonly edge: number | null
}

/** Who speaks or is spoken to. */
export type Party = 'client' | 'connection' | 'broker' | 'task' | 'runner'

/** A command, an answer or an event, on its way between client and daemon; or what a task hands to its run. */
export interface Saying extends Happened {
  readonly kind: 'said'
  readonly by: Party
  readonly to: Party
  /** The clientId of the link; empty where there is none: an event goes to all who want it. */
  readonly link: string
  readonly task: string
  readonly name: string
  /** The journal's sequence of an event; 0 of others. */
  readonly seq: number
  /** JSON without secrets, cut. */
  readonly frame: string
}

export type Happening = Move | Saying

type Unnumbered<T> = T extends Happening ? Omit<T, 'n'> : never

export class Ring {
  readonly sizeMax: number
  #kept: (Happening | undefined)[] = []
  #last = 0

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax
  }

  /** The number of the last that happened; 0 before the first. */
  get last(): number {
    return this.#last
  }

  /** The number of the oldest that is kept; `last + 1` where none is. */
  get first(): number {
    return Math.max(1, this.#last - this.sizeMax + 1)
  }

  /** Takes a number now, for what is kept when it is over: an action may lead to others meanwhile. */
  reserve(): number {
    const n = ++this.#last
    this.#kept[n % this.sizeMax] = undefined
    return n
  }

  /** Keeps what the number was taken for, unless the ring has gone once around meanwhile. */
  fill(n: number, happening: Unnumbered<Happening>): void {
    if (n >= this.first) this.#kept[n % this.sizeMax] = { ...happening, n }
  }

  add(happening: Unnumbered<Happening>): void {
    this.fill(this.reserve(), happening)
  }

  /** What is kept after `after`, oldest first, `countMax` of them at most. */
  since(after: number, countMax: number = this.sizeMax): Happening[] {
    const found: Happening[] = []
    for (let n = Math.max(after + 1, this.first); n <= this.#last && found.length < countMax; n++) {
      const one = this.#kept[n % this.sizeMax]
      if (one !== undefined && one.n === n) found.push(one)
    }
    return found
  }

  clear(): void {
    this.#kept = []
  }
}
