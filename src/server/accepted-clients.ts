/**
 * The connections of one IpcServer: admits them, hands their commands out, writes to them. Owner: dialect-server.ts.
 * A client is `ready` here from Connect to Disconnect. A frame is written at once where the socket takes it; what it
 * does not take waits, bounded for one client and for all. The trap: what the program does in a listener of its own
 * runs inside a connection's machine, so nothing here may ask that for its state.
 */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { ConnectionActors } from '../actors/connection-actor.ts'
import type { ConnectionActorsOptions, ConnectionOwner } from '../actors/connection-actor.ts'
import type { Connection, ListenerPolicy } from '../actors/connection.ts'
import type { ConnectionLog } from '../actors/connection-log.ts'
import type { Limits } from '../limits.ts'
import type { Link, LinkHandlers } from '../transport/transport.ts'
import type { Codec } from '../wire/codec.ts'
import type { TaskCommand } from '../wire/commands.ts'
import type { Ack, ClientMessage } from '../wire/envelope.ts'
import { rejection } from '../wire/rejection.ts'
import { UnfinishedFrames } from '../wire/unfinished.ts'
import { Broadcasts } from './broadcasts.ts'
import { ClientOutbox } from './client-outbox.ts'
import { Waiting } from './waiting.ts'

/** What the server is told. None may throw. */
export interface ClientsOwner {
  connected(clientId: string): void
  disconnected(clientId: string): void
  /** False: this command is none of the library's. */
  commanded(clientId: string, command: TaskCommand): boolean
}

export interface ClientsOptions {
  readonly path: string
  readonly codec: Codec
  readonly limits: Limits
  readonly log: ConnectionLog
  readonly owner: ClientsOwner
  /** What the connections' machines run with. */
  readonly actors?: NonNullable<ConnectionActorsOptions['actors']>
}

/** A ready client. */
interface Client {
  readonly connection: Connection
  readonly outbox: ClientOutbox
  /** As its machine was told last. */
  isBehind: boolean
}

const notItsOwn = rejection('unauthorized', 'clientId is not the one that this connection was given.')
const notOurs = rejection('unsupported', 'This server takes the published commands alone.')
const closing = rejection('draining', 'This server is closing.')

export class AcceptedClients implements ConnectionOwner {
  readonly #options: ClientsOptions
  readonly #policy: ListenerPolicy
  readonly #connections: ConnectionActors
  readonly #unfinished: UnfinishedFrames
  readonly #broadcasts: Broadcasts
  readonly #ready = new Map<string, Client>()
  readonly #waiting = new Waiting<Client>()
  readonly #emptied = Promise.withResolvers<void>()
  #isClosing = false

  constructor(options: ClientsOptions) {
    const { path, codec, limits, log, actors } = options
    this.#options = options
    this.#policy = { path, codec, scope: 'all', role: 'client' }
    this.#broadcasts = new Broadcasts(limits)
    this.#unfinished = new UnfinishedFrames({
      bytesMax: limits.unfinishedBytesMax,
      deadlineMs: limits.frameDeadlineMs,
    })
    this.#connections = new ConnectionActors({
      owner: this,
      limits: { ...limits, outboxBytesMax: limits.serverOutboxBytesMax },
      log,
      unfinished: this.#unfinished,
      now: () => performance.now(),
      newClientId: () => randomBytes(6).toString('hex'),
      ...(actors === undefined ? {} : { actors }),
    })
  }

  acceptLink(link: Link): LinkHandlers {
    return this.#connections.accept(this.#policy, link)
  }

  /** Sends a frame to a ready client. False: there is none of that id. */
  send(clientId: string, frame: Buffer): boolean {
    const client = this.#ready.get(clientId)
    if (client === undefined) return false
    this.#waiting.set(client, this.#waiting.of(client) + frame.length)
    if (this.#isWithin(client)) client.outbox.push(frame)
    this.#flush(client)
    this.#keepWithinBudget()
    return true
  }

  /** Which ready client's socket this is. */
  idOf(socket: Socket): string | undefined {
    for (const [clientId, { connection }] of this.#ready)
      if (connection.link.socket === socket) return clientId
    return undefined
  }

  /** Sends one frame to all ready clients. */
  broadcast(frame: string): void {
    for (const client of this.#ready.values()) this.#isWithin(client)
    const clients = Array.from(this.#ready.values())
    if (clients.length === 0) return
    // In a slab of its own it would lie there until something else is said.
    if (Buffer.byteLength(frame) <= this.#options.limits.slabBytes) this.#broadcasts.append(frame)
    else pushToAll(clients, Buffer.from(frame))
    for (const client of clients) this.#flush(client)
  }

  /** Closes links whose frame has been unfinished for too long. */
  sweep(): void {
    this.#unfinished.sweep(performance.now())
  }

  /**
   * Takes no more clients, and ends each link when what was sent has left, or after `limits.linkDrainMs`. Resolves when
   * all have been ended; never rejects.
   */
  drain(): Promise<void> {
    this.#isClosing = true
    for (const connection of Array.from(this.#connections.all())) this.#connections.send(connection, 'drain')
    if (this.#connections.count === 0) this.#emptied.resolve()
    return this.#emptied.promise
  }

  // --- what connections tell -----------------------------------------------------------------------------------------

  admit(live: number): string | undefined {
    if (this.#isClosing) return 'the server is closing'
    const { connectionsMax } = this.#options.limits
    return live < connectionsMax ? undefined : `there are ${connectionsMax} connections already`
  }

  ack(clientId: string): Ack {
    return { type: 'Ack', origin: 'server', data: { clientId, pid: process.pid, ppid: process.ppid } }
  }

  attached(connection: Connection): void {
    const outbox = new ClientOutbox(this.#broadcasts, this.#options.limits.writeBytes)
    const client: Client = { connection, outbox, isBehind: false }
    this.#ready.set(connection.clientId, client)
    connection.drained = () => {
      client.outbox.drained()
      this.#flush(client)
    }
    this.#logNumber(connection, 'client connected')
    this.#options.owner.connected(connection.clientId)
  }

  detached(connection: Connection): void {
    const client = this.#ready.get(connection.clientId)
    if (client === undefined) return
    this.#ready.delete(connection.clientId)
    this.#waiting.set(client, 0)
    for (const bytes of client.outbox.leave()) connection.outbox.push(bytes)
    this.#logNumber(connection, 'client disconnected')
    this.#options.owner.disconnected(connection.clientId)
  }

  received(connection: Connection): void {
    for (const item of connection.inbox.splice(0)) {
      if (item.ok) this.#take(connection, item.message)
      else connection.noteRefusal(item.refusal.rejection, item.refusal.excerpt)
    }
  }

  gone(connection: Connection): void {
    // Where its machine failed nobody took it out.
    this.detached(connection)
    if (this.#isClosing && this.#connections.count === 0) this.#emptied.resolve()
  }

  #take(connection: Connection, message: ClientMessage): void {
    const { clientId } = connection
    // A listener of the program's may have closed it, or the whole server, since the frame was read.
    if (!this.#ready.has(clientId)) connection.noteRefusal(closing, '')
    else if (message.clientId !== undefined && message.clientId !== clientId)
      connection.noteRefusal(notItsOwn, '')
    else if (message.type === 'Hello') connection.noteRefusal(notOurs, 'Hello')
    else if (!this.#options.owner.commanded(clientId, message.data))
      connection.noteRefusal(notOurs, message.data.commandName)
  }

  // --- writing -------------------------------------------------------------------------------------------------------

  /** False where it is so far behind that it is closed instead. */
  #isWithin(client: Client): boolean {
    if (client.outbox.bytes <= this.#options.limits.serverOutboxBytesMax) return true
    this.#shed(client)
    return false
  }

  #keepWithinBudget(): void {
    while (this.#waiting.bytes > this.#options.limits.serverOutboxesBytesMax) {
      const most = this.#waiting.most()
      if (most === undefined) return
      this.#shed(most)
    }
  }

  #flush(client: Client): void {
    const { connection, outbox } = client
    if (!this.#ready.has(connection.clientId)) return this.#flushLast(connection)
    const { link } = connection
    while (link.heldBytes === 0) {
      const taken = outbox.take()
      if (taken === undefined) break
      if (link.write(taken.bytes)) continue
      outbox.hold(taken)
      break
    }
    this.#waiting.set(client, Math.min(this.#waiting.of(client), outbox.bytes))
    this.#noteLag(client)
  }

  /** What was left when it became ready no more. */
  #flushLast(connection: Connection): void {
    const { link, outbox } = connection
    while (link.heldBytes === 0) {
      const bytes = outbox.take()
      if (bytes === undefined || !link.write(bytes)) break
    }
    this.#connections.outboxMoved(connection)
  }

  /** Its machine hears of an edge, not of every frame. */
  #noteLag(client: Client): void {
    const { lagHighBytes, lagLowBytes } = this.#options.limits
    const { bytes } = client.outbox
    if (client.isBehind ? bytes > lagLowBytes : bytes < lagHighBytes) return
    client.isBehind = !client.isBehind
    this.#connections.send(client.connection, client.isBehind ? 'lag.rose' : 'lag.fell')
  }

  #shed(client: Client): void {
    const { connection, outbox } = client
    const waitingBytes = outbox.bytes
    outbox.clear()
    this.#waiting.set(client, 0)
    connection.log.warn({ waitingBytes }, 'client closed: it does not take what is sent to it')
    this.#connections.send(connection, 'retention.passed')
  }

  #logNumber(connection: Connection, what: string): void {
    connection.log.info({ clients: this.#ready.size }, what)
  }
}

function pushToAll(clients: readonly Client[], frame: Buffer): void {
  for (const { outbox } of clients) outbox.push(frame)
}
