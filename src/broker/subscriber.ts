/**
 * One reader's place in the journal, and what delivery asks of its link. Plain data: delivery.ts moves it.
 */
import type { Lane } from './lane.ts'
import type { Outbox } from './outbox.ts'
import type { Slab } from './slab.ts'

/** What delivery asks of a link, and tells its connection. */
export interface SubscriberLink {
  write(bytes: Uint8Array): boolean
  /** Its lag passed the high watermark, or fell below the low one. */
  lagChanged(congested: boolean): void
  /** Its place is below retention. The return value says whether it may go on after the gap. */
  fellBehind(from: number, firstAvailable: number): boolean
  /** Something of the outbox left. */
  outboxMoved(): void
  /** Serving it threw: it is to be closed. The other links of the turn are served all the same. */
  failed(error: unknown): void
}

/** Of the events up to `through`, those of these tasks alone. */
export interface Backlog {
  readonly through: number
  readonly tasks: ReadonlySet<string>
}

export class Subscriber {
  readonly link: SubscriberLink
  readonly outbox: Outbox
  lane: Lane | undefined
  /** Where it stands in its lane's chain; undefined while it is behind that and reads the journal after `seq`. */
  slab: Slab | undefined
  offset = 0
  /** Everything up to here has been handed over or is not for it. */
  seq = 0
  /** What of the events up to a sequence is for it; undefined once it is past that. */
  backlog: Backlog | undefined
  /** The socket holds bytes: `drained` will follow. */
  held = false
  heldSlab: Slab | undefined
  /** What a piece of the journal was read into. */
  heldRoom: Buffer | undefined
  congested = false
  inRing = false
  /** When something last left to it: milliseconds of the delivery's clock. */
  movedAt = 0
  /** The flush that last had it in its turn, and the one that last wrote to it: there is one write a flush. */
  servedIn = 0
  writtenIn = 0

  constructor(link: SubscriberLink, outbox: Outbox) {
    this.link = link
    this.outbox = outbox
  }

  /** Everything up to here has been handed over or is not for it, also where its slab has been dropped. */
  get through(): number {
    const { slab, offset, seq } = this
    return slab?.dropped === true && offset >= slab.used ? Math.max(seq, slab.resumeAfter) : seq
  }
}
