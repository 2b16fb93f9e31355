/**
 * The client's end of machines/connection.ts: one dialled link, its decoder, and who is told of what comes. Owner: the
 * client's session. Effects are provided once and look the link up by the connection's id. The trap: a machine that
 * has closed may leave a link that still sends what it holds; `gone` tells when that has ended too.
 */
import { createActor } from 'xstate'
import type { Actor } from 'xstate'
import { connectionMachine } from '../../machines/connection.ts'
import type { ConnectionCloseReason, ConnectionContext, ConnectionEvent } from '../../machines/connection.ts'
import type { Link, Transport } from '../transport/transport.ts'
import { canonicalCodec } from '../wire/codec.ts'
import type { Codec, Decoded, Decoder } from '../wire/codec.ts'
import type { Ack, ServerMessage } from '../wire/envelope.ts'
import { UnfinishedFrames } from '../wire/unfinished.ts'
import type { Timers } from './client-actor.ts'

/** What the owner of a dialled connection is told. */
export interface DialledOwner {
  /** The socket is connected; the server speaks first. */
  opened?(): void
  /** What came before the Ack and is left: it can be nobody's. The owner may close the link for it. */
  ignored?(item: Decoded<ServerMessage>): void
  /** The Ack of this link. False: this is nobody we speak to, and the link is closed. */
  acked(ack: Ack): boolean
  /** Commands may be sent from now on. */
  attached(): void
  /** What one read brought after the Ack, in order. */
  received(items: readonly Decoded<ServerMessage>[]): void
  /** The connection has ended: once, and nothing is told after it. */
  closed(reason: ConnectionCloseReason, error?: Error): void
}

export interface DialOptions {
  readonly id: string
  readonly path: string
  readonly transport: Transport
  /** How the server speaks. Default: the canonical codec. */
  readonly codec?: Codec
  readonly ackTimeoutMs: number
  readonly drainTimeoutMs: number
  /** Held bytes at which the connection is `congested`; it is `flowing` again when nothing is held. */
  readonly lagHighBytes: number
  readonly clock: Timers
  /** Milliseconds. */
  readonly now: () => number
}

const connections = new Map<string, DialledConnection>()

const machine = connectionMachine.provide({
  actions: {
    attach: ({ context }) => of(context)?.attach(),
    detach: ({ context }) => of(context)?.detach(),
    beginDrain: ({ context }) => of(context)?.beginDrain(),
    endLink: ({ context }) => of(context)?.endLink(),
    destroyLink: ({ context }) => of(context)?.destroyLink(),
  },
})

function of(context: ConnectionContext): DialledConnection | undefined {
  return connections.get(context.id)
}

/** Dials. Everything else is told to the owner, in later turns. */
export function dial(options: DialOptions, owner: DialledOwner): DialledConnection {
  const connection = new DialledConnection(options, owner)
  connections.set(options.id, connection)
  connection.open()
  return connection
}

export class DialledConnection {
  /** Resolves when the link itself is closed and nothing of it is left. */
  readonly gone: Promise<void>
  readonly #options: DialOptions
  readonly #owner: DialledOwner
  readonly #actor: Actor<typeof machine>
  readonly #decoder: Decoder<ServerMessage>
  readonly #resolveGone: () => void
  #link: Link | undefined
  #error: Error | undefined
  #linger: unknown
  #attached = false
  #congested = false

  constructor(options: DialOptions, owner: DialledOwner) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gone = promise
    this.#resolveGone = resolve
    this.#options = options
    this.#owner = owner
    this.#decoder = (options.codec ?? canonicalCodec).decodeFromServer({
      unfinished: new UnfinishedFrames(),
      now: options.now,
      broken: () => this.#send({ type: 'framing.broken' }),
    })
    this.#actor = createActor(machine, {
      input: { id: options.id, ackTimeoutMs: options.ackTimeoutMs, drainTimeoutMs: options.drainTimeoutMs },
      clock: options.clock,
    })
  }

  /** Bytes handed over that have not left. */
  get heldBytes(): number {
    return this.#link?.heldBytes ?? 0
  }

  open(): void {
    this.#actor.subscribe({
      complete: () => this.#ended(this.#actor.getSnapshot().context.reason ?? 'local'),
      error: (error) => {
        this.#error = error instanceof Error ? error : new Error(String(error))
        this.destroyLink()
        this.#ended('fault')
      },
    })
    this.#actor.start()
    try {
      this.#link = this.#connect()
    } catch (error) {
      // A path that cannot be dialled at all; told later, as every other failure to connect.
      const failure = error instanceof Error ? error : new Error(String(error))
      queueMicrotask(() => this.#linkClosed(failure))
    }
  }

  /** Hands one frame over. Nothing once the connection is not attached. */
  send(frame: Buffer): void {
    if (!this.#attached || this.#link === undefined || this.#link.write(frame)) return
    if (this.#congested || this.#link.heldBytes < this.#options.lagHighBytes) return
    this.#congested = true
    this.#send({ type: 'lag.rose' })
  }

  pause(): void {
    this.#link?.pause()
  }

  resume(): void {
    this.#link?.resume()
  }

  /** Closes; what is held still leaves, within `drainTimeoutMs`. */
  close(): void {
    this.#send({ type: 'close' })
  }

  // --- effects of the machine ----------------------------------------------------------------------------------------

  attach(): void {
    this.#attached = true
    this.#owner.attached()
  }

  detach(): void {
    this.#attached = false
  }

  beginDrain(): void {
    if (this.heldBytes === 0) this.#send({ type: 'outbox.emptied' })
  }

  endLink(): void {
    if (this.#link === undefined) return
    this.#link.end()
    this.#linger = this.#options.clock.setTimeout(() => this.destroyLink(), this.#options.drainTimeoutMs)
  }

  destroyLink(): void {
    this.#link?.destroy()
  }

  // --- the link ------------------------------------------------------------------------------------------------------

  #connect(): Link {
    return this.#options.transport.connect(this.#options.path, {
      opened: () => {
        this.#send({ type: 'link.opened' })
        this.#owner.opened?.()
      },
      data: (chunk) => this.#read(chunk),
      drained: () => this.#drained(),
      ended: () => this.#peerEnded(),
      closed: (error) => this.#linkClosed(error),
    })
  }

  #read(chunk: Buffer): void {
    try {
      const { items, broken } = this.#decoder.push(chunk)
      const rest = this.#attached ? items : this.#shakeHands(items)
      // What the owner does with the Ack may have ended it.
      if (rest.length > 0 && this.#attached) this.#owner.received(rest)
      if (broken !== undefined) this.#broken(broken.message)
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error))
      this.#send({ type: 'fault.raised' })
    }
  }

  /** Looks for the Ack; returns what follows it. What comes before it is nobody's and is left. */
  #shakeHands(items: readonly Decoded<ServerMessage>[]): readonly Decoded<ServerMessage>[] {
    for (const [index, item] of items.entries()) {
      if (!item.ok || item.message.type !== 'Ack') {
        this.#owner.ignored?.(item)
        // It may have closed the link.
        if (this.#actor.getSnapshot().status !== 'active') return []
        continue
      }
      if (!this.#owner.acked(item.message)) {
        this.close()
        return []
      }
      this.#send({ type: 'ack.received' })
      return items.slice(index + 1)
    }
    return []
  }

  #broken(why: string): void {
    this.#error = new Error(why)
    this.#send({ type: 'framing.broken' })
  }

  #drained(): void {
    if (this.#congested) {
      this.#congested = false
      this.#send({ type: 'lag.fell' })
    }
    this.#send({ type: 'outbox.emptied' })
  }

  #peerEnded(): void {
    if (this.#attached) this.#send({ type: 'peer.ended' })
    else this.destroyLink()
  }

  #linkClosed(error: Error | undefined): void {
    this.#error ??= error
    this.#options.clock.clearTimeout(this.#linger)
    this.#send({ type: 'link.closed' })
    connections.delete(this.#options.id)
    this.#resolveGone()
  }

  #ended(reason: ConnectionCloseReason): void {
    this.#attached = false
    this.#decoder.close()
    this.#owner.closed(reason, this.#error)
  }

  #send(event: ConnectionEvent): void {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send(event)
  }
}
