/**
 * What an IpcServer says to all its clients: each frame is encoded once, into slabs that its clients share, and a client
 * that is behind is a place in them. So a mute client costs no memory of its own; and a slab that every client has passed
 * is written again, instead of waiting for a garbage collection that may let many of them pile up.
 */
import { SlabChain, SlabPool } from '../broker/slab.ts'
import type { Slab } from '../broker/slab.ts'

/** How far a client has read. */
export interface Place {
  slab: Slab
  offset: number
}

export class Broadcasts {
  readonly #chain: SlabChain
  #frames = 0

  constructor(limits: { readonly slabBytes: number; readonly slabPoolMax: number }) {
    this.#chain = new SlabChain(new SlabPool(limits.slabBytes, limits.slabPoolMax), { bytes: 0 }, 0)
  }

  /** Bytes ever said. */
  get end(): number {
    return this.#chain.end
  }

  append(frame: string): void {
    this.#frames++
    this.#chain.append(frame, this.#frames, '', '')
  }

  /** The place of a client that is to hear what comes from now on. */
  enter(): Place {
    const slab = this.#chain.last
    slab.readers++
    return { slab, offset: slab.used }
  }

  /** Where a slab ends, the place moves to the next one's beginning; false where there is none. */
  step(place: Place): boolean {
    const { slab } = place
    if (place.offset < slab.used || slab.next === undefined) return false
    place.slab = slab.next
    place.offset = 0
    place.slab.readers++
    this.leave(slab)
    return true
  }

  /** No client stands there any more: what all have passed is given back. */
  leave(slab: Slab): void {
    slab.readers--
    while (this.#chain.first.readers === 0 && this.#chain.dropFirst());
  }
}
