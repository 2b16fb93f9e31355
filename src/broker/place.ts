/**
 * Where a reader stands in its lane's chain: the place is found, taken and left here. delivery.ts says when.
 */
import type { Lane } from './lane.ts'
import type { Slab } from './slab.ts'
import type { Subscriber } from './subscriber.ts'

/** Finds a subscriber's place in its lane; false where the lane has no longer what it wants next. */
export function findPlace(subscriber: Subscriber, lane: Lane): boolean {
  const { slab } = subscriber
  if (slab === undefined || slab.dropped) return takePlace(subscriber, lane)
  if (subscriber.offset < slab.used || slab.next === undefined) return true
  // Nothing between the two is for it: should the next one be dropped, that was no gap.
  subscriber.seq = Math.max(subscriber.seq, slab.next.firstSeq - 1)
  standIn(subscriber, slab.next)
  subscriber.offset = 0
  return true
}

/** Takes the place that belongs to what it has had; false where the lane does not reach so far back. */
export function takePlace(subscriber: Subscriber, lane: Lane): boolean {
  subscriber.seq = subscriber.through
  if (subscriber.backlog !== undefined && subscriber.seq >= subscriber.backlog.through)
    subscriber.backlog = undefined
  // A chain has what everybody wants: of a backlog only some of it.
  if (subscriber.backlog !== undefined || subscriber.seq < lane.chain.coversAfter) {
    standIn(subscriber, undefined)
    return false
  }
  const { slab, offset } = lane.chain.seek(subscriber.seq)
  standIn(subscriber, slab)
  subscriber.offset = offset
  return true
}

/** A slab knows how many stand in it: it must not go while somebody wants the rest of it. */
export function standIn(subscriber: Subscriber, slab: Slab | undefined): void {
  if (subscriber.slab !== undefined) subscriber.slab.readers--
  if (slab !== undefined) slab.readers++
  subscriber.slab = slab
}
