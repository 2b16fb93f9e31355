/**
 * The server's end of machines/connection.ts: admission, Ack, reading, refusing. Connections are root actors in a
 * table, not children of the broker: spawning among n children costs O(n). A connection that throws dies alone.
 */
import { createActor } from 'xstate'
import type { ActorRefFrom } from 'xstate'
import { connectionMachine } from '../../machines/connection.ts'
import type { ConnectionCloseReason } from '../../machines/connection.ts'
import type { ActorSetting } from './actor-setting.ts'
import { Connection } from './connection.ts'
import type { ListenerPolicy } from './connection.ts'
import type { ConnectionLog } from './connection-log.ts'
import type { Limits } from '../limits.ts'
import type { Link, LinkHandlers } from '../transport/transport.ts'
import type { Ack } from '../wire/envelope.ts'
import type { UnfinishedFrames } from '../wire/unfinished.ts'

/** What connections tell the broker. */
export interface ConnectionOwner {
  /** Undefined: admitted. Otherwise why not. */
  admit(live: number): string | undefined
  ack(clientId: string): Ack
  attached(connection: Connection): void
  detached(connection: Connection): void
  /** Messages wait in the connection's inbox. */
  received(connection: Connection): void
  gone(connection: Connection): void
}

export interface ConnectionActorsOptions {
  readonly owner: ConnectionOwner
  readonly limits: Limits
  readonly log: ConnectionLog
  readonly unfinished: UnfinishedFrames
  readonly now: () => number
  /** 12 hex digits. */
  readonly newClientId: () => string
  readonly actors?: ActorSetting
}

type ConnectionRef = ActorRefFrom<typeof connectionMachine>

export class ConnectionActors {
  readonly #options: ConnectionActorsOptions
  readonly #machine: typeof connectionMachine
  readonly #connections = new Map<string, Connection>()
  readonly #actors = new Map<string, ConnectionRef>()
  /** Links that were ended and still hold bytes: a peer that does not take them is left after a while. */
  readonly #lingering = new Map<Link, NodeJS.Timeout>()

  constructor(options: ConnectionActorsOptions) {
    this.#options = options
    const act =
      (effect: (connection: Connection) => void) =>
      ({ context }: { context: { id: string } }): void => {
        const connection = this.#connections.get(context.id)
        if (connection !== undefined) effect(connection)
      }
    this.#machine = connectionMachine.provide({
      actions: {
        beginHandshake: act((connection) => this.#sendAck(connection)),
        attach: act((connection) => this.#attach(connection)),
        detach: act((connection) => options.owner.detached(connection)),
        beginDrain: act((connection) => this.#beginDrain(connection)),
        endLink: act((connection) => this.#endLink(connection)),
        destroyLink: act((connection) => connection.link.destroy()),
      },
    })
    options.actors?.count?.(this.#machine)
  }

  get count(): number {
    return this.#connections.size
  }

  /** Every connection from its acceptance to its end. */
  all(): Iterable<Connection> {
    return this.#connections.values()
  }

  get(id: string): Connection | undefined {
    return this.#connections.get(id)
  }

  /** The machine's state, as clients are shown it: `ready.flowing`. */
  stateOf(connection: Connection): string {
    const value = this.#actors.get(connection.id)?.getSnapshot().value ?? 'closed'
    return typeof value === 'string' ? value : `ready.${value.ready}`
  }

  isReady(connection: Connection): boolean {
    return this.#actors.get(connection.id)?.getSnapshot().matches('ready') ?? false
  }

  /** Makes the connection of an accepted link and runs it to its end. `clientId`: else a new one. */
  accept(policy: ListenerPolicy, link: Link, clientId: string = this.#options.newClientId()): LinkHandlers {
    const { limits, unfinished, now } = this.#options
    const connection = new Connection({
      clientId,
      policy,
      link,
      outboxBytesMax: limits.outboxBytesMax,
      writeBytes: limits.writeBytes,
      now,
      log: this.#options.log,
      unfinished,
      broken: (reason) => {
        connection.noteRefusal(reason, '')
        this.send(connection, 'framing.broken')
      },
    })
    const refusal = this.#options.owner.admit(this.#connections.size)
    this.#connections.set(connection.id, connection)
    this.#run(connection)
    if (refusal === undefined) this.send(connection, 'admission.granted')
    else connection.log.warn({ refusal }, 'connection refused')
    if (refusal !== undefined) this.send(connection, 'admission.refused')
    return this.#handlers(connection)
  }

  /** Tells a connection's machine something that happened. */
  send(connection: Connection, type: Parameters<ConnectionRef['send']>[0]['type']): void {
    this.#actors.get(connection.id)?.send({ type })
  }

  /** Our own code threw for this connection: it is closed, and no other. */
  failed(connection: Connection, error: unknown): void {
    connection.log.error({ err: error }, 'connection failed')
    this.send(connection, 'fault.raised')
  }

  /** To be called when something left the outbox: the connection may be read on, or is done. */
  outboxMoved(connection: Connection): void {
    if (connection.paused && connection.outbox.hasRoom) this.#readOn(connection)
    if (!connection.outbox.isEmpty || connection.inbox.length > 0) return
    if (this.#isDraining(connection)) this.send(connection, 'outbox.emptied')
  }

  /** Stops reading a connection whose answers are not taken. */
  stopReading(connection: Connection): void {
    if (connection.paused) return
    connection.paused = true
    connection.link.pause()
    connection.log.info({ outboxBytes: connection.outbox.bytes }, 'reading stopped')
  }

  /** Asked at every answer that leaves: reading the state's name costs nothing, `matches` would. */
  #isDraining(connection: Connection): boolean {
    return this.#actors.get(connection.id)?.getSnapshot().value === 'draining'
  }

  #readOn(connection: Connection): void {
    connection.paused = false
    if (connection.inbox.length > 0) this.#options.owner.received(connection)
    if (connection.paused) return
    connection.link.resume()
    if (connection.peerEnded) this.send(connection, 'peer.ended')
  }

  #run(connection: Connection): void {
    const { limits } = this.#options
    const input = {
      id: connection.id,
      ackTimeoutMs: limits.ackTimeoutMs,
      drainTimeoutMs: limits.linkDrainMs,
    }
    const actor = createActor(this.#machine, { ...this.#options.actors, input })
    this.#actors.set(connection.id, actor)
    actor.subscribe({
      error: (error: unknown) => {
        connection.log.error({ err: error }, 'connection failed')
        connection.link.destroy()
        this.#forget(connection, 'fault')
      },
      complete: () => this.#forget(connection, actor.getSnapshot().context.reason ?? 'local'),
    })
    actor.start()
  }

  #handlers(connection: Connection): LinkHandlers {
    const guarded = (effect: () => void): void => {
      try {
        effect()
      } catch (error) {
        this.failed(connection, error)
      }
    }
    return {
      data: (chunk) => guarded(() => this.#read(connection, chunk)),
      drained: () => guarded(() => this.#drained(connection)),
      ended: () => guarded(() => this.#ended(connection)),
      closed: () =>
        guarded(() => {
          clearTimeout(this.#lingering.get(connection.link))
          this.#lingering.delete(connection.link)
          this.send(connection, 'link.closed')
        }),
    }
  }

  #read(connection: Connection, chunk: Buffer): void {
    const broken = connection.read(chunk)
    if (connection.inbox.length > 0 && !connection.paused) this.#options.owner.received(connection)
    // What nobody routes any more must not pile up.
    if (connection.inbox.length > 0) this.stopReading(connection)
    if (broken) this.send(connection, 'framing.broken')
  }

  #drained(connection: Connection): void {
    if (connection.ackPending) {
      connection.ackPending = false
      this.send(connection, 'ack.flushed')
      return
    }
    connection.drained()
  }

  #ended(connection: Connection): void {
    connection.ended()
    if (!connection.paused) this.send(connection, 'peer.ended')
  }

  #sendAck(connection: Connection): void {
    const ack = this.#options.owner.ack(connection.clientId)
    connection.startAfter = ack.data.head ?? 0
    const frame = connection.policy.codec.encodeToClient(ack)
    connection.ackPending = frame !== undefined && !connection.link.write(frame)
    if (!connection.ackPending) this.send(connection, 'ack.flushed')
  }

  #attach(connection: Connection): void {
    this.#options.owner.attached(connection)
    connection.link.resume()
  }

  #beginDrain(connection: Connection): void {
    if (connection.outbox.isEmpty) this.send(connection, 'outbox.emptied')
  }

  #endLink({ link }: Connection): void {
    link.end()
    const destroy = (): void => {
      this.#lingering.delete(link)
      link.destroy()
    }
    this.#lingering.set(link, setTimeout(destroy, this.#options.limits.linkDrainMs).unref())
  }

  #forget(connection: Connection, reason: ConnectionCloseReason): void {
    if (!this.#connections.delete(connection.id)) return
    this.#actors.delete(connection.id)
    connection.close()
    this.#options.owner.gone(connection)
    connection.log.debug({ reason }, 'connection closed')
  }
}
