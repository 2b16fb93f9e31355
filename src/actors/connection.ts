/**
 * What one connection holds: its link, decoder, inbox, outbox and session. Plain data; connection-actor.ts owns it.
 */
import { Outbox } from '../broker/outbox.ts'
import type { Subscriber } from '../broker/subscriber.ts'
import type { Session } from '../broker/session.ts'
import { limits } from '../limits.ts'
import type { Link } from '../transport/transport.ts'
import type { Codec, Decoded, Decoder } from '../wire/codec.ts'
import type { ClientMessage, ServerMessage } from '../wire/envelope.ts'
import type { Rejection } from '../wire/rejection.ts'
import type { UnfinishedFrames } from '../wire/unfinished.ts'
import type { ConnectionLog } from './connection-log.ts'

/** What the listener that a connection came by allows. */
export interface ListenerPolicy {
  readonly path: string
  readonly codec: Codec
  /** `own`: it hears and sees only its own tasks. */
  readonly scope: 'all' | 'own'
  /** `observer`: it may only watch. */
  readonly role: 'client' | 'observer'
  /** `live`: a link is first given what the tasks that live have told so far. */
  readonly replay?: 'none' | 'live'
}

export interface ConnectionOptions {
  readonly clientId: string
  readonly policy: ListenerPolicy
  readonly link: Link
  readonly outboxBytesMax: number
  readonly writeBytes: number
  readonly now: () => number
  readonly log: ConnectionLog
  readonly unfinished: UnfinishedFrames
  /** The decoder broke for a reason that did not come with this link's own bytes. */
  broken(reason: Rejection): void
}

export class Connection {
  /** The clientId is random and never reused while it lives: it serves as the actor's id too. */
  readonly id: string
  readonly clientId: string
  readonly policy: ListenerPolicy
  readonly link: Link
  readonly outbox: Outbox
  /** Milliseconds since the Unix epoch. */
  readonly since: number
  /** Frames that have been read and not yet been routed: at most those of one read while the outbox is full. */
  readonly inbox: Decoded<ClientMessage>[] = []
  /** From its Hello on. */
  native = false
  role: 'client' | 'observer'
  session: Session | undefined
  subscriber: Subscriber | undefined
  /** The journal's head when its Ack was made: its first event is the one after. */
  startAfter = 0
  ackPending = false
  /** Not read, because its answers are not taken. */
  paused = false
  peerEnded = false
  /** Milliseconds since the Unix epoch, while it is congested. */
  congestedSince: number | undefined
  /** Looks again whether a client that was behind reads at all. */
  readerCheck: NodeJS.Timeout | undefined
  refusedFrames = 0
  drained: () => void = () => {}
  readonly #decoder: Decoder<ClientMessage>
  readonly #now: () => number
  readonly #parentLog: ConnectionLog
  #log: ConnectionLog | undefined
  #refusalWindowFrom = -Infinity
  #refusalsLogged = 0
  #refusalsUnlogged = 0

  constructor(options: ConnectionOptions) {
    this.id = options.clientId
    this.clientId = options.clientId
    this.policy = options.policy
    this.role = options.policy.role
    this.link = options.link
    this.outbox = new Outbox(options.outboxBytesMax, options.writeBytes)
    this.#parentLog = options.log
    this.#now = options.now
    this.since = options.now()
    this.link.pause()
    this.#decoder = options.policy.codec.decodeFromClients({
      unfinished: options.unfinished,
      now: options.now,
      broken: (reason) => options.broken(reason),
    })
  }

  /** Made when it is first needed: most connections never log. */
  get log(): ConnectionLog {
    this.#log ??= this.#parentLog.child({ actor: 'connection', clientId: this.clientId })
    return this.#log
  }

  /** Decodes a chunk into the inbox; true where the byte stream is broken and the link must be closed. */
  read(chunk: Buffer): boolean {
    const batch = this.#decoder.push(chunk)
    for (const item of batch.items) this.inbox.push(item)
    if (batch.broken === undefined) return false
    this.noteRefusal(batch.broken, '')
    return true
  }

  /** The peer writes no more: what it left unfinished is lost, and said to be. */
  ended(): void {
    this.peerEnded = true
    const lost = this.#decoder.end()
    if (lost !== undefined) this.noteRefusal(lost, '')
  }

  /** Puts a direct answer into the outbox. Delivery must be woken by the caller. */
  answer(message: ServerMessage): Buffer | undefined {
    const frame = this.policy.codec.encodeToClient(message)
    if (frame !== undefined) this.outbox.push(frame)
    return frame
  }

  /** Logs a refused frame with its code; a peer that sends many is logged now and then, with their number. */
  noteRefusal(refusal: Rejection, excerpt: string): void {
    this.refusedFrames++
    const now = this.#now()
    if (now - this.#refusalWindowFrom > limits.refusalLogWindowMs) {
      this.#refusalWindowFrom = now
      this.#refusalsLogged = 0
    }
    if (this.#refusalsLogged >= limits.refusalLogBurst) {
      this.#refusalsUnlogged++
      return
    }
    this.#refusalsLogged++
    const unlogged = this.#refusalsUnlogged
    this.#refusalsUnlogged = 0
    this.log.warn(
      { code: refusal.code, reason: refusal.message, excerpt, ...(unlogged === 0 ? {} : { unlogged }) },
      'frame refused',
    )
  }

  close(): void {
    clearTimeout(this.readerCheck)
    this.#decoder.close()
    this.inbox.length = 0
    this.outbox.clear()
  }
}
