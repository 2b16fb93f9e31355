/**
 * Every subscriber is a cursor in the journal. At the end of a turn each link gets at most one write: its direct
 * answers, then the rest of the slab it stands in. A link that holds bytes stays at its cursor until it drains and
 * keeps no queue. Links that are behind share a budget of slabs a turn, so that live readers do not wait for them.
 */
import type { JournalEntry } from './journal.ts'
import { hasMore, isLive } from './lane.ts'
import type { Lane, Lanes } from './lane.ts'
import { findPlace, standIn, takePlace } from './place.ts'
import { onlyTaskFor, readPiece } from './reading.ts'
import { Rooms } from './rooms.ts'
import type { ReadingOptions } from './reading.ts'
import type { Slab } from './slab.ts'
import type { Backlog, Subscriber } from './subscriber.ts'

export interface DeliveryOptions extends ReadingOptions {
  readonly lanes: Lanes
  /** Runs the flush at the end of the turn (setImmediate). */
  readonly schedule: (flush: () => void) => void
  readonly now: () => number
  /** Called after each flush: the turn's appends are out. */
  readonly flushed: () => void
  readonly catchUpSlabsPerTurn: number
  readonly lagHighBytes: number
  readonly lagLowBytes: number
}

export class Delivery {
  readonly #options: DeliveryOptions
  readonly #dirtyLanes = new Set<Lane>()
  readonly #dirty = new Set<Subscriber>()
  readonly #ring: Subscriber[] = []
  readonly #rooms: Rooms
  #scheduled = false
  #flushes = 0

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#rooms = new Rooms(options.writeBytes, options.catchUpSlabsPerTurn)
  }

  /** Journaled events go to every lane that wants them, and out at the end of the turn. */
  announce(entries: readonly JournalEntry[]): void {
    for (const lane of this.#options.lanes.take(entries)) this.#dirtyLanes.add(lane)
    this.#wakeUp()
  }

  /** Puts a subscriber into a lane, at the head or after a sequence; with a backlog, of that first. */
  enter(subscriber: Subscriber, lane: Lane, after: number, backlog?: Backlog): void {
    const earlier = this.#takeOut(subscriber)
    subscriber.lane = lane
    subscriber.seq = after
    subscriber.backlog = backlog
    lane.subscribers.add(subscriber)
    // Only now: the earlier lane may be this one, which must not close in between.
    if (earlier !== undefined) this.#options.lanes.closeIfEmpty(earlier)
    takePlace(subscriber, lane)
    this.wake(subscriber)
  }

  /** Takes a subscriber out of its lane; what it has not been given is not for it any more. */
  leave(subscriber: Subscriber): void {
    const earlier = this.#takeOut(subscriber)
    if (earlier !== undefined) this.#options.lanes.closeIfEmpty(earlier)
    this.#noteLag(subscriber)
  }

  #takeOut(subscriber: Subscriber): Lane | undefined {
    const { lane } = subscriber
    standIn(subscriber, undefined)
    subscriber.lane = undefined
    lane?.subscribers.delete(subscriber)
    lane?.release()
    return lane
  }

  /** Something of it may be written: an answer, or a place that is not the head. */
  wake(subscriber: Subscriber): void {
    this.#dirty.add(subscriber)
    this.#wakeUp()
  }

  /** The socket of this subscriber holds nothing any more. */
  drained(subscriber: Subscriber): void {
    subscriber.held = false
    subscriber.movedAt = this.#options.now()
    subscriber.heldSlab?.release()
    subscriber.heldSlab = undefined
    if (subscriber.heldRoom !== undefined) this.#rooms.give(subscriber.heldRoom)
    subscriber.heldRoom = undefined
    this.wake(subscriber)
  }

  /** Forgets a subscriber whose link is gone. */
  remove(subscriber: Subscriber): void {
    this.leave(subscriber)
    this.#dirty.delete(subscriber)
    // Not released: a link that ended goes on sending what it holds, so these buffers are never written again.
    subscriber.heldSlab = undefined
    subscriber.heldRoom = undefined
    subscriber.held = true
    subscriber.outbox.clear()
  }

  /** Bytes between a subscriber's place and the head, in its lane's encoding or, where it reads the journal, in that. */
  lagBytes(subscriber: Subscriber): number {
    const { lane, slab, through } = subscriber
    if (lane === undefined) return 0
    if (slab !== undefined && !slab.dropped) return lane.chain.end - slab.base - subscriber.offset
    return through < lane.chain.coversAfter
      ? this.#options.journal.bytesAfter(through)
      : lane.chain.bytesAfter(through)
  }

  /** Writes at most once to each link that has something; the rest follows in later turns. */
  flush(): void {
    this.#scheduled = false
    this.#flushes++
    const lanes = [...this.#dirtyLanes]
    this.#dirtyLanes.clear()
    for (const subscriber of this.#turnOf(lanes)) this.#alone(subscriber, () => this.#serve(subscriber))
    this.#catchUp()
    for (const lane of lanes) lane.release()
    this.#options.flushed()
    if (this.#dirty.size > 0 || this.#ring.length > 0) this.#wakeUp()
  }

  /** Who is woken and who is in one of these lanes, each once. */
  #turnOf(lanes: readonly Lane[]): readonly Subscriber[] {
    const turn: Subscriber[] = []
    const add = (subscriber: Subscriber): void => {
      if (subscriber.servedIn === this.#flushes) return
      subscriber.servedIn = this.#flushes
      turn.push(subscriber)
    }
    this.#dirty.forEach(add)
    this.#dirty.clear()
    for (const lane of lanes) lane.subscribers.forEach(add)
    return turn
  }

  #wakeUp(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.schedule(() => this.flush())
  }

  /** A link that throws fails alone. */
  #alone(subscriber: Subscriber, effect: () => void): void {
    try {
      effect()
    } catch (error) {
      subscriber.link.failed(error)
    }
  }

  #serve(subscriber: Subscriber): void {
    const { lane } = subscriber
    if (subscriber.held) return this.#noteLag(subscriber)
    if (!subscriber.outbox.isEmpty) return this.#writeAnswers(subscriber)
    if (lane === undefined) return
    if (findPlace(subscriber, lane) && isLive(subscriber, lane)) this.#writeSlab(subscriber)
    else this.#queueCatchUp(subscriber)
  }

  #writeAnswers(subscriber: Subscriber): void {
    const frames = subscriber.outbox.take()
    if (frames !== undefined) this.#write(subscriber, this.#withEvents(subscriber, frames), undefined)
    // Answers go first: a link that gets some in every turn falls behind without ever being held.
    this.#noteLag(subscriber)
    subscriber.link.outboxMoved()
    if (!subscriber.held && (!subscriber.outbox.isEmpty || subscriber.lane !== undefined))
      this.#dirty.add(subscriber)
  }

  /** Behind the last of its answers as many events as the write has room for: else who asks every turn hears none. */
  #withEvents(subscriber: Subscriber, answers: Buffer): Buffer {
    const { lane, outbox } = subscriber
    if (lane === undefined || !outbox.isEmpty || !findPlace(subscriber, lane)) return answers
    const { slab, offset } = subscriber
    // Most who are answered have heard everything.
    if (slab === undefined || offset >= slab.used) return answers
    const last = slab.lastWithin(offset + this.#options.writeBytes - answers.length)
    if (last === undefined || last.end <= offset) return answers
    subscriber.offset = last.end
    subscriber.seq = last.seq
    return Buffer.concat([answers, slab.bytes.subarray(offset, last.end)])
  }

  #queueCatchUp(subscriber: Subscriber): void {
    if (subscriber.inRing) return
    subscriber.inRing = true
    this.#ring.push(subscriber)
  }

  #catchUp(): void {
    const turns = Math.min(this.#options.catchUpSlabsPerTurn, this.#ring.length)
    for (const subscriber of this.#ring.splice(0, turns)) {
      subscriber.inRing = false
      this.#alone(subscriber, () => this.#serveBehind(subscriber))
    }
  }

  #serveBehind(subscriber: Subscriber): void {
    const { lane } = subscriber
    if (subscriber.held || lane === undefined) return
    if (subscriber.writtenIn === this.#flushes) return this.#queueCatchUp(subscriber)
    if (!subscriber.outbox.isEmpty) this.#writeAnswers(subscriber)
    else if (findPlace(subscriber, lane)) this.#writeSlab(subscriber)
    else this.#writeFromJournal(subscriber, lane)
    lane.release()
  }

  #writeSlab(subscriber: Subscriber): void {
    const slab = subscriber.slab
    if (slab === undefined) return
    if (subscriber.offset < slab.used) {
      const bytes = slab.rest(subscriber.offset)
      subscriber.offset = slab.used
      subscriber.seq = slab.lastSeq
      this.#write(subscriber, bytes, slab)
    }
    this.#noteLag(subscriber)
    if (!subscriber.held && hasMore(slab, subscriber.offset)) this.#goOn(subscriber)
  }

  /** The rest in a later turn: the next one for a live reader. */
  #goOn(subscriber: Subscriber): void {
    const { lane } = subscriber
    if (lane !== undefined && isLive(subscriber, lane)) this.#dirty.add(subscriber)
    else this.#queueCatchUp(subscriber)
  }

  #writeFromJournal(subscriber: Subscriber, lane: Lane): void {
    const { journal } = this.#options
    if (subscriber.seq + 1 < journal.firstAvailable && this.#skipGap(subscriber, lane)) return
    const room = this.#rooms.take()
    const { bytes, through } = readPiece(subscriber, lane, this.#options, room)
    subscriber.seq = through
    if (bytes !== undefined) this.#write(subscriber, bytes, undefined)
    if (subscriber.held) subscriber.heldRoom = room
    else this.#rooms.give(room)
    this.#noteLag(subscriber)
    if (subscriber.held) return
    const { slab } = takePlace(subscriber, lane) ? subscriber : {}
    if (slab === undefined || hasMore(slab, subscriber.offset)) this.#queueCatchUp(subscriber)
  }

  /** Says the gap first; the events after it follow in the next turn. False where there is none for this reader. */
  #skipGap(subscriber: Subscriber, lane: Lane): boolean {
    const first = this.#options.journal.firstAvailableOf(onlyTaskFor(subscriber, lane))
    if (subscriber.seq + 1 >= first) return false
    if (!subscriber.link.fellBehind(subscriber.seq + 1, first)) return true
    subscriber.seq = first - 1
    this.wake(subscriber)
    return true
  }

  #write(subscriber: Subscriber, bytes: Uint8Array, slab: Slab | undefined): void {
    subscriber.writtenIn = this.#flushes
    if (subscriber.link.write(bytes)) {
      subscriber.movedAt = this.#options.now()
      return
    }
    subscriber.held = true
    if (slab !== undefined) {
      slab.hold()
      subscriber.heldSlab = slab
    }
  }

  /** Tells the connection at the two watermarks, and nowhere between. */
  #noteLag(subscriber: Subscriber): void {
    const lag = this.lagBytes(subscriber)
    const { lagHighBytes, lagLowBytes } = this.#options
    if (subscriber.congested ? lag > lagLowBytes : lag < lagHighBytes) return
    subscriber.congested = !subscriber.congested
    subscriber.link.lagChanged(subscriber.congested)
  }
}
