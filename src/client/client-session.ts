/**
 * What of a client outlives its links: the requests that wait, the running subscription, who waits for a connection.
 * It gives the client's machine its effects. These run inside the machine's transitions: what they may do is read from
 * fields here, never from the machine's state.
 */
import { startClientActor } from '../actors/client-actor.ts'
import type { ClientActor, ClientEffects, ClientState } from '../actors/client-actor.ts'
import type { TaskCommand, TaskCommandInput } from '../wire/commands.ts'
import type { Ack, HelloResult } from '../wire/envelope.ts'
import { backOffMs } from './back-off.ts'
import type { BackOffBounds } from './back-off.ts'
import { abortedConnect, abortedRequest, CallboardError, ended } from './callboard-error.ts'
import { ClientLink } from './client-link.ts'
import type { ClientLinkOwner } from './client-link.ts'
import type { ClientSettings } from './client-settings.ts'
import { commandFrame, encodeCommand, lagOf, settlementOf } from './command-frame.ts'
import { EventSubscription } from './event-subscription.ts'
import type { SubscriptionOptions, SubscriptionPort } from './event-subscription.ts'
import { sameJournal } from './greeting.ts'
import { RequestTable } from './request-table.ts'
import type { Settlement } from './request-table.ts'

export interface RequestSettings {
  readonly signal?: AbortSignal | undefined
  /** Until the Reply, waiting for a connection included. Milliseconds. */
  readonly timeoutMs?: number | undefined
  /** The caller's own id: a string of at most `requestIdCharsMax`. */
  readonly requestId?: string | undefined
}

export class ClientSession implements ClientEffects {
  readonly #settings: ClientSettings
  readonly #bounds: BackOffBounds
  readonly #link: ClientLink
  readonly #actor: ClientActor
  readonly #requests: RequestTable
  readonly #waiters = new Set<PromiseWithResolvers<HelloResult>>()
  readonly #released = Promise.withResolvers<void>()
  #subscription: EventSubscription | undefined
  /** The epoch of the session before this one. */
  #earlierEpoch: string | undefined
  #open = false
  #backOff: unknown
  #failure: CallboardError | undefined
  /** Why it closed, or is about to. */
  #ending: CallboardError | undefined
  #refusedFrames = 0
  /** Of the requests that wait: how many only ask how far the loop has come. */
  #lagsAsked: 0 | 1 = 0

  constructor(settings: ClientSettings) {
    const { reconnectFirstMs, reconnectLastMs } = settings.limits
    const id = crypto.randomUUID()
    this.#settings = settings
    this.#bounds = { firstBackOffMs: reconnectFirstMs, lastBackOffMs: reconnectLastMs }
    this.#requests = new RequestTable(settings.clock)
    this.#link = new ClientLink(id, settings, this.#linkOwner())
    const input = { id, attemptsMax: settings.attemptsMax, ...this.#bounds }
    this.#actor = startClientActor(input, this, settings.clock)
  }

  get state(): ClientState {
    return this.#actor.state
  }

  get ack(): Ack | undefined {
    return this.#link.ack
  }

  get hello(): HelloResult | undefined {
    return this.#link.hello
  }

  get refusedFrames(): number {
    return this.#refusedFrames
  }

  async connect(signal: AbortSignal | undefined): Promise<HelloResult> {
    if (this.#ending !== undefined) throw ended(this.#ending)
    if (signal?.aborted === true) throw abortedConnect(signal)
    if (this.#open && this.hello !== undefined) return this.hello
    const waiter = Promise.withResolvers<HelloResult>()
    const abort = (): void => waiter.reject(abortedConnect(signal))
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiters.add(waiter)
    this.#actor.send({ type: 'connect' })
    try {
      return await waiter.promise
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#waiters.delete(waiter)
      this.#abandon()
    }
  }

  async request(input: TaskCommandInput, options: RequestSettings): Promise<unknown> {
    const { signal } = options
    if (this.#ending !== undefined) throw ended(this.#ending)
    if (signal?.aborted === true) throw abortedRequest(input, signal)
    const { limits, newId } = this.#settings
    const requestId = options.requestId ?? newId()
    const requests = this.#requests
    const underway = {
      requests: requests.size,
      heldBytes: this.#link.heldBytes,
      has: (id: string) => requests.has(id),
    }
    const command = commandFrame(input, requestId, underway, limits)
    if (command instanceof CallboardError) throw command
    const timeoutMs = options.timeoutMs ?? limits.replyTimeoutMs
    const answer = Promise.withResolvers<unknown>()
    requests.start({
      ...command,
      requestId,
      timeoutMs,
      signal,
      settled: (outcome) => (outcome.ok ? answer.resolve(outcome.result) : answer.reject(outcome.error)),
    })
    this.#subscription?.requestStarted()
    this.#wake()
    return answer.promise
  }

  /** Throws CallboardError `busy` while another loop runs, `closed` after the end. */
  events(options: SubscriptionOptions): EventSubscription {
    if (this.#ending !== undefined) throw ended(this.#ending)
    if (this.#subscription !== undefined) {
      const why = 'An events() loop of this client runs already: end it first, or use another client.'
      throw new CallboardError('busy', why)
    }
    let over = false
    const port = this.#port(() => {
      over = true
      this.#subscription = undefined
    })
    const subscription = new EventSubscription(port, options, this.#settings.limits.clientEventsWaiting)
    if (over) return subscription
    this.#subscription = subscription
    this.#wake()
    return subscription
  }

  /** Resolves when the link is closed and nothing is left of it. */
  async close(): Promise<void> {
    this.#ending ??= new CallboardError('closed', 'The client was closed.')
    this.#actor.send({ type: 'disconnect' })
    await this.#released.promise
    await this.#link.gone
  }

  // --- effects of the machine ----------------------------------------------------------------------------------------

  dial(): void {
    this.#link.dial()
  }

  greet(): void {
    this.#earlierEpoch = this.hello?.epoch
    this.#link.greet(this.#subscription?.cursor)
    // Until told otherwise the server sends everything live, or what the resumed session had: nobody reads it here.
    if (this.#subscription?.lost !== true) this.#unsubscribe()
  }

  resumeSession(): void {
    const { hello } = this
    if (hello === undefined) return
    this.#open = true
    const resumed = hello.resumed === true
    this.#requests.open((frame) => this.#link.send(frame), resumed)
    const otherJournal = this.#earlierEpoch !== undefined && !sameJournal(this.#earlierEpoch, hello.epoch)
    this.#subscription?.sessionOpened({ resumed, head: hello.head, gap: hello.gap, otherJournal })
    for (const waiter of this.#waiters) waiter.resolve(hello)
  }

  suspendRequests(): void {
    this.#open = false
    this.#lagsAsked = 0
    this.#requests.suspend()
    this.#subscription?.linkLost()
  }

  armBackOff(failures: number): void {
    const { clock, random } = this.#settings
    const ms = backOffMs(failures, this.#bounds, random)
    this.#backOff = clock.setTimeout(() => this.#actor.send({ type: 'backOff.elapsed' }), ms)
  }

  disarmBackOff(): void {
    this.#settings.clock.clearTimeout(this.#backOff)
  }

  hangUp(): void {
    this.#link.hangUp()
  }

  release(): void {
    const byUser = this.#ending !== undefined
    const ending = this.#ending ?? this.#failure ?? new CallboardError('closed', 'The client has ended.')
    this.#ending = ending
    this.#requests.failAll(ending)
    if (byUser) this.#subscription?.end()
    else this.#subscription?.fail(ending)
    for (const waiter of this.#waiters) waiter.reject(ending)
    this.#link.hangUp()
    this.#released.resolve()
  }

  faulted(error: unknown): void {
    this.#failure = new CallboardError('internal', 'The client failed.', { cause: error })
    this.release()
  }

  // --- the link ------------------------------------------------------------------------------------------------------

  #linkOwner(): ClientLinkOwner {
    return {
      ready: () => this.#actor.send({ type: 'connection.ready' }),
      greeted: () => this.#actor.send({ type: 'session.opened' }),
      refused: (error) => {
        this.#failure = error
        this.#actor.send({ type: 'server.refused' })
      },
      lost: (error) => {
        this.#failure = error
        this.#actor.send({ type: 'connection.closed' })
      },
      replied: (reply) => this.#requests.settle(reply.requestId, settlementOf(reply)),
      announced: (message) => this.#subscription?.offer(message),
      unreadable: (requestId, why) => this.#unreadable(requestId, why),
    }
  }

  #unreadable(requestId: string | undefined, why: string): void {
    this.#refusedFrames += 1
    if (requestId === undefined) return
    const error = new CallboardError('invalid_frame', `The server's answer could not be read: ${why}`)
    this.#requests.settle(requestId, { ok: false, error })
  }

  #port(over: () => void): SubscriptionPort {
    const isOpen = (): boolean => this.#open
    const inFlight = (): boolean => this.#requests.size > this.#lagsAsked
    return {
      get open() {
        return isOpen()
      },
      get requestsInFlight() {
        return inFlight()
      },
      subscribe: (data, settled) => this.#startLinkBound({ commandName: 'Subscribe', data }, settled),
      askLag: (settled) => this.#askLag(settled),
      unsubscribe: () => this.#unsubscribe(),
      pause: () => this.#link.pause(),
      resume: () => this.#link.resume(),
      ended: over,
    }
  }

  /** Its answer may be held back with a full queue, since nobody but the loop waits for it. */
  #askLag(settled: (outcome: { lagBytes: number } | CallboardError) => void): void {
    this.#lagsAsked = 1
    this.#startLinkBound({ commandName: 'ListClients' }, (outcome) => {
      this.#lagsAsked = 0
      settled(lagOf(outcome, this.hello?.clientId))
    })
  }

  #startLinkBound(command: TaskCommand, settled: (outcome: Settlement) => void): void {
    const requestId = this.#settings.newId()
    const { commandName } = command
    const timeoutMs = this.#settings.limits.replyTimeoutMs
    const frame = encodeCommand(command, requestId)
    this.#requests.start({ requestId, commandName, frame, timeoutMs, linkBound: true, settled })
  }

  #unsubscribe(): void {
    this.#link.send(encodeCommand({ commandName: 'Unsubscribe' }))
  }

  /** A client that was not asked to connect is so by being asked for anything else. */
  #wake(): void {
    if (this.#actor.state === 'offline') this.#actor.send({ type: 'connect' })
  }

  /** Stops dialling where nobody waits and there never was a session. */
  #abandon(): void {
    if (this.#waiters.size > 0 || this.#requests.size > 0) return
    if (this.#subscription !== undefined || this.hello !== undefined) return
    this.#actor.send({ type: 'abandon' })
  }
}
