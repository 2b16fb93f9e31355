/**
 * The client's link of the moment: dials it, checks its Ack, says Hello, and sorts what comes. Owner: the client's
 * session, which it tells by what name things happened. It remembers the last Hello's answer, the session to resume.
 */
import type { ConnectionCloseReason } from '../../machines/connection.ts'
import { dial } from '../actors/dialled-connection.ts'
import type { DialledConnection } from '../actors/dialled-connection.ts'
import { canonicalCodec } from '../wire/codec.ts'
import type { Decoded } from '../wire/codec.ts'
import { helloRequestId } from '../wire/envelope.ts'
import type { Ack, EventMessage, Gap, HelloResult, Reply, ServerMessage } from '../wire/envelope.ts'
import { CallboardError } from './callboard-error.ts'
import type { ClientSettings } from './client-settings.ts'
import { failureOf, greeted, helloOf, refusalOfAck, refusalOfFirst } from './greeting.ts'

/** What the session is told. */
export interface ClientLinkOwner {
  /** The Ack came: Hello may be said. */
  ready(): void
  /** Hello was answered. */
  greeted(): void
  /** No other attempt will fare better. */
  refused(error: CallboardError): void
  lost(error: CallboardError): void
  replied(reply: Reply): void
  announced(message: EventMessage | Gap): void
  /** A frame could not be read; `requestId` where it answers a request. */
  unreadable(requestId: string | undefined, why: string): void
}

export class ClientLink {
  readonly #id: string
  readonly #settings: ClientSettings
  readonly #owner: ClientLinkOwner
  #dials = 0
  #wanted = false
  #connection: DialledConnection | undefined
  #gone: Promise<void> = Promise.resolve()
  #ack: Ack | undefined
  /** Of this link. */
  #acknowledged = false
  #hello: HelloResult | undefined
  #greeting = false
  #timer: unknown
  /** Why the link is being closed from here, where it is. */
  #failure: CallboardError | undefined

  constructor(id: string, settings: ClientSettings, owner: ClientLinkOwner) {
    this.#id = id
    this.#settings = settings
    this.#owner = owner
  }

  /** The last Ack and the last answer to Hello. */
  get ack(): Ack | undefined {
    return this.#ack
  }

  get hello(): HelloResult | undefined {
    return this.#hello
  }

  /** Resolves when the last link is closed and nothing of it is left. */
  get gone(): Promise<void> {
    return this.#gone
  }

  get heldBytes(): number {
    return this.#connection?.heldBytes ?? 0
  }

  /** In a later microtask: this is asked for inside a machine's action, where another must not be started. */
  dial(): void {
    this.#wanted = true
    queueMicrotask(() => {
      if (this.#wanted) this.#dial()
    })
  }

  /** Says Hello; after a reconnect with the earlier session, and `after` as the place to go on from. */
  greet(after: number | undefined): void {
    this.#greeting = true
    this.send(canonicalCodec.encodeToServer(helloOf(this.#settings, this.#hello, after)))
    const ms = this.#settings.limits.clientAckTimeoutMs
    this.#timer = this.#settings.clock.setTimeout(() => {
      this.#fail(
        new CallboardError('ack_timeout', `Hello was not answered within ${ms} ms: is the server stopped?`),
      )
    }, ms)
  }

  send(frame: Buffer): void {
    this.#connection?.send(frame)
  }

  pause(): void {
    this.#connection?.pause()
  }

  resume(): void {
    this.#connection?.resume()
  }

  /** Closes without telling: the owner knows. What was handed over still leaves. */
  hangUp(): void {
    this.#stopGreeting()
    this.#wanted = false
    const connection = this.#connection
    this.#connection = undefined
    connection?.close()
  }

  #dial(): void {
    const { socketPath: path, transport, limits, clock, now } = this.#settings
    this.#wanted = false
    this.#dials += 1
    this.#failure = undefined
    this.#acknowledged = false
    const options = {
      id: `${this.#id}.${this.#dials}`,
      path,
      transport,
      ackTimeoutMs: limits.clientAckTimeoutMs,
      drainTimeoutMs: limits.linkDrainMs,
      lagHighBytes: limits.lagHighBytes,
      clock,
      now,
    }
    const connection: DialledConnection = dial(options, {
      ignored: (item) => {
        if (this.#connection === connection) this.#owner.refused(refusalOfFirst(item, path))
      },
      acked: (ack) => this.#acked(ack),
      attached: () => this.#owner.ready(),
      received: (items) => this.#received(connection, items),
      closed: (reason, error) => {
        if (this.#connection === connection) this.#closed(reason, failureOf(reason, path, error))
      },
    })
    this.#connection = connection
    this.#gone = connection.gone
  }

  #acked(ack: Ack): boolean {
    this.#ack = ack
    this.#acknowledged = true
    const refusal = refusalOfAck(ack, this.#settings.socketPath)
    if (refusal !== undefined) this.#owner.refused(refusal)
    return refusal === undefined
  }

  #received(connection: DialledConnection, items: readonly Decoded<ServerMessage>[]): void {
    for (const item of items) {
      // Any of them may have ended it.
      if (this.#connection !== connection) return
      if (item.ok) this.#sort(item.message)
      else this.#owner.unreadable(item.refusal.requestId, item.refusal.rejection.message)
    }
  }

  #sort(message: ServerMessage): void {
    switch (message.type) {
      case 'Reply':
        if (message.requestId === helloRequestId) this.#greeted(message)
        else this.#owner.replied(message)
        return
      case 'TaskEvent':
      case 'Gap':
        this.#owner.announced(message)
        return
      case 'Ack':
        // A second one says nothing new.
        return
    }
  }

  #greeted(reply: Reply): void {
    if (!this.#greeting) return
    this.#stopGreeting()
    const answer = greeted(reply)
    if (answer.ok) {
      this.#hello = answer.result
      this.#owner.greeted()
    } else if (answer.final) this.#owner.refused(answer.error)
    else this.#fail(answer.error)
  }

  #fail(error: CallboardError): void {
    this.#failure = error
    this.#connection?.close()
  }

  #closed(reason: ConnectionCloseReason, failure: CallboardError): void {
    // Another framing is spoken there, and will be the next time.
    if (reason === 'framing' && !this.#acknowledged) this.#owner.refused(failure)
    else this.#lost(failure)
  }

  #lost(failure: CallboardError): void {
    this.#stopGreeting()
    this.#connection = undefined
    this.#owner.lost(this.#failure ?? failure)
  }

  #stopGreeting(): void {
    if (!this.#greeting) return
    this.#greeting = false
    this.#settings.clock.clearTimeout(this.#timer)
  }
}
