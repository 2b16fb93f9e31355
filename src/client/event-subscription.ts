/**
 * One events() loop: a subscription that survives links, and the bounded queue before the loop. Its cursor is the last
 * sequence number that it queued; after a reconnect it goes on there, and what it cannot get is said as a Gap.
 * The trap: pausing the link would also hold back the Replies that the loop's body may be waiting for. So where requests
 * are in flight a full queue parks the subscription instead: the journal keeps the events, and it subscribes again.
 */
import { subscribeResultSchema } from '../wire/envelope.ts'
import type { EventMessage, Gap, GapReason, ResultGap, SubscribeResult } from '../wire/envelope.ts'
import type { Subscribe } from '../wire/commands.ts'
import { CallboardError } from './callboard-error.ts'
import { EventQueue } from './event-queue.ts'
import type { Settlement } from './request-table.ts'
import { UntilHead } from './until-head.ts'

/** Events that this reader will not get: `reason` where the server gave it. */
export interface EventGap extends Gap {
  readonly data: Gap['data'] & { readonly reason?: GapReason }
}

export interface EventStream extends AsyncIterable<EventMessage | EventGap> {
  /** The answer to the first Subscribe. Rejects with CallboardError where the loop ended before it. */
  readonly subscribed: Promise<SubscribeResult>
}

/** What a subscription needs of its client. */
export interface SubscriptionPort {
  /** True while a session is open on a live link. */
  readonly open: boolean
  readonly requestsInFlight: boolean
  subscribe(data: Subscribe, settled: (outcome: Settlement) => void): void
  /** How many bytes of this subscription the server has still to send. Not settled where the link is lost. */
  askLag(settled: (outcome: { lagBytes: number } | CallboardError) => void): void
  unsubscribe(): void
  pause(): void
  resume(): void
  /** The loop is over: another may begin. */
  ended(): void
}

export interface SubscriptionOptions {
  readonly tasks?: string[] | undefined
  readonly events?: string[] | undefined
  /** Sequence number after which it begins; without it, with the next event. */
  readonly after?: number | undefined
  readonly snapshot?: boolean | undefined
  /** `head`: reads what the journal holds now and ends there, without following. */
  readonly until?: 'head' | undefined
  readonly signal?: AbortSignal | undefined
}

/** How a session came to be open. */
export interface SessionOpened {
  readonly resumed: boolean
  /** The journal's last sequence number. */
  readonly head: number
  readonly gap: ResultGap | undefined
  /** The journal is not the one that was followed before. */
  readonly otherJournal: boolean
}

type Phase =
  | 'waiting' // for a session
  | 'subscribing'
  | 'live'
  | 'lost' // was live when its link went: a resumed session takes it up
  | 'parked' // the queue is full, the journal keeps the rest
  | 'ended'

export class EventSubscription implements EventStream {
  readonly subscribed: Promise<SubscribeResult>
  readonly #port: SubscriptionPort
  readonly #options: SubscriptionOptions
  readonly #waitingMax: number
  readonly #queue = new EventQueue<EventMessage | EventGap>()
  readonly #firstResult = Promise.withResolvers<SubscribeResult>()
  readonly #abort = (): void => this.#stop(new CallboardError('aborted', 'The loop was aborted.'))
  #phase: Phase = 'waiting'
  #paused = false
  #cursor: number | undefined
  readonly #until: UntilHead | undefined

  constructor(port: SubscriptionPort, options: SubscriptionOptions, waitingMax: number) {
    this.#port = port
    this.#options = options
    this.#waitingMax = waitingMax
    this.subscribed = this.#firstResult.promise
    // Whoever does not look at it learns of its failure from the loop.
    this.subscribed.catch(() => {})
    this.#until = options.until === undefined ? undefined : this.#untilHead()
    options.signal?.addEventListener('abort', this.#abort, { once: true })
    if (options.signal?.aborted === true) this.#abort()
    else if (port.open) this.#subscribe()
  }

  /** The last sequence number seen; undefined before the first answer. */
  get cursor(): number | undefined {
    return this.#cursor
  }

  /** True where a resumed session can go on with it without a new Subscribe. */
  get lost(): boolean {
    return this.#phase === 'lost'
  }

  [Symbol.asyncIterator](): AsyncIterator<EventMessage | EventGap, undefined, undefined> {
    return {
      next: () => {
        const next = this.#queue.next()
        this.#taken()
        this.#until?.look()
        return next
      },
      return: () => {
        this.#stop(new CallboardError('closed', 'The loop has ended.'))
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  // --- what the client tells -----------------------------------------------------------------------------------------

  /** What came in. Before the answer to Subscribe it belongs to an earlier subscription. */
  offer(message: EventMessage | Gap): void {
    if (this.#phase !== 'live') return
    if (message.type === 'Gap') {
      this.#say(message.data, message.data.firstAvailable - 1)
      return
    }
    if (message.seq === undefined) {
      // A notice is of the present, and no history.
      if (this.#until === undefined) this.#deliver(message)
      return
    }
    if (this.#cursor !== undefined && message.seq <= this.#cursor) return
    this.#cursor = message.seq
    const place = this.#until?.placeOf(message.seq) ?? 'before'
    if (place !== 'beyond') this.#deliver(message)
    if (place !== 'before') this.#reachedHead()
  }

  linkLost(): void {
    this.#paused = false
    this.#until?.linkLost()
    if (this.#phase === 'live') this.#phase = 'lost'
    if (this.#phase === 'subscribing') this.#phase = 'waiting'
  }

  sessionOpened(session: SessionOpened): void {
    if (this.#phase === 'ended') return
    const takenUp = this.#phase === 'lost' && session.resumed
    this.#reconcile(session, takenUp)
    if (takenUp) this.#phase = 'live'
    else if (this.#phase !== 'parked') this.#subscribe()
  }

  /** A request waits for its Reply, which must not be held back. */
  requestStarted(): void {
    if (this.#paused) this.#park()
  }

  /** The client was closed. */
  end(): void {
    this.#stop(new CallboardError('closed', 'The client was closed.'))
  }

  /** The client gave up, or the server refused the subscription. */
  fail(error: CallboardError): void {
    if (this.#phase === 'ended') return
    this.#queue.fail(error)
    this.#stop(error, false)
  }

  // --- the place in the journal --------------------------------------------------------------------------------------

  #subscribe(): void {
    this.#phase = 'subscribing'
    const { tasks, events, snapshot } = this.#options
    const after = this.#cursor ?? this.#options.after
    const first = this.#cursor === undefined
    const data = {
      ...(tasks === undefined ? {} : { tasks }),
      ...(events === undefined ? {} : { events }),
      ...(after === undefined ? {} : { after }),
      ...(snapshot === undefined || !first ? {} : { snapshot }),
    }
    this.#port.subscribe(data, (outcome) => {
      // One that was left meanwhile hears nothing of it.
      if (this.#phase === 'subscribing') this.#answered(outcome)
    })
  }

  #answered(outcome: Settlement): void {
    if (!outcome.ok) {
      this.fail(outcome.error)
      return
    }
    const parsed = subscribeResultSchema.safeParse(outcome.result)
    if (!parsed.success) {
      this.fail(new CallboardError('invalid_frame', 'The answer to Subscribe could not be read.'))
      return
    }
    this.#phase = 'live'
    const { after, gap } = parsed.data
    this.#cursor = after
    if (gap !== undefined) this.#say(gap, after)
    this.#firstResult.resolve(parsed.data)
    this.#until?.subscribed(after, parsed.data.head)
    this.#until?.look()
  }

  #untilHead(): UntilHead {
    const ask = (answered: (lagBytes: number) => void): void =>
      this.#port.askLag((outcome) => {
        if (outcome instanceof CallboardError) this.fail(outcome)
        else answered(outcome.lagBytes)
      })
    const isIdle = (): boolean => this.#phase === 'live' && this.#queue.isAwaited
    return new UntilHead(ask, isIdle, () => this.#reachedHead())
  }

  /** What is queued is still given; then the loop ends. */
  #reachedHead(): void {
    if (this.#phase === 'ended') return
    this.#queue.finish()
    this.#stop(new CallboardError('closed', 'The loop has ended.'), false)
  }

  /**
   * Says what a reconnect has cost, and moves the place. A session that is taken up goes on where its server says;
   * another journal is read from its beginning; what else is missing the Subscribe that follows says.
   */
  #reconcile(session: SessionOpened, takenUp: boolean): void {
    if (this.#cursor === undefined) return
    const { gap, head } = session
    if (gap?.reason === 'beyond' || session.otherJournal) this.#until?.moved(head)
    if (takenUp && gap?.reason === 'retention') this.#say(gap, gap.firstAvailable - 1)
    else if (gap !== undefined && (takenUp || gap.reason === 'beyond')) this.#say(gap, head)
    else if (session.otherJournal) {
      const firstAvailable = gap?.firstAvailable ?? 1
      this.#say({ from: this.#cursor + 1, firstAvailable, reason: 'other_journal' }, firstAvailable - 1)
    }
  }

  #say(gap: EventGap['data'], cursor: number): void {
    this.#cursor = Math.max(0, cursor)
    this.#deliver({ type: 'Gap', origin: 'server', data: gap })
  }

  // --- the queue -----------------------------------------------------------------------------------------------------

  #deliver(item: EventMessage | EventGap): void {
    this.#queue.push(item)
    if (this.#phase !== 'live' || this.#paused || this.#queue.length < this.#waitingMax) return
    if (this.#port.requestsInFlight) this.#park()
    else {
      this.#paused = true
      this.#port.pause()
    }
  }

  #park(): void {
    this.#paused = false
    this.#phase = 'parked'
    this.#port.unsubscribe()
    this.#port.resume()
  }

  /** Half empty again: goes on. */
  #taken(): void {
    if (this.#queue.length > this.#waitingMax / 2) return
    if (this.#paused) {
      this.#paused = false
      this.#port.resume()
    } else if (this.#phase === 'parked') {
      if (this.#port.open) this.#subscribe()
      else this.#phase = 'waiting'
    }
  }

  #stop(why: CallboardError, drop = true): void {
    if (drop) this.#queue.end()
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#firstResult.reject(why)
    if (this.#paused) this.#port.resume()
    this.#paused = false
    this.#port.unsubscribe()
    this.#port.ended()
  }
}
