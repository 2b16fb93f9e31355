/**
 * The drop-in client of the field's programs, for any shapes of messages: ipc-client.ts and seed-ipc-client.ts fix
 * those. It dials when it is made, and again after each failure until `disconnect`. Over the client and connection
 * machines. What a listener of the program's throws is thrown again outside of the link that it was called for.
 */
import { EventEmitter } from 'node:events'
import { startClientActor } from '../actors/client-actor.ts'
import type { ClientActor, ClientEffects, Timers } from '../actors/client-actor.ts'
import { dial } from '../actors/dialled-connection.ts'
import type { DialledConnection } from '../actors/dialled-connection.ts'
import { callProgram } from '../actors/program-code.ts'
import type { LogFunction } from '../actors/program-code.ts'
import { limits as defaultLimits } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { nodeIpcTransport } from '../transport/node-ipc.ts'
import type { Transport } from '../transport/transport.ts'
import type { Codec, Decoded } from '../wire/codec.ts'
import type { Ack, EventMessage, ServerMessage } from '../wire/envelope.ts'
import { frameOf } from '../wire/library/frame.ts'

export interface IpcClientEvents<AckData, Event> {
  /** The socket is connected. Commands can be sent from `Ack` on. */
  Connect: []
  Disconnect: []
  Ack: [data: AckData]
  TaskEvent: [event: Event]
}

export interface IpcClientOptions {
  readonly transport?: Transport
  readonly clock?: Timers
  readonly limits?: Partial<Limits>
}

export interface ClientDialect<AckData, Event> {
  readonly codec: Codec
  readonly origin: 'client' | 'Client'
  ackOf(ack: Ack): AckData
  /** Undefined: these shapes have no such event. */
  eventOf(message: EventMessage): Event | undefined
}

export class DialectClient<AckData, Event, Command, Message extends object> extends EventEmitter<
  IpcClientEvents<AckData, Event>
> {
  readonly #dialect: ClientDialect<AckData, Event>
  readonly #socketPath: string
  readonly #log: LogFunction
  readonly #transport: Transport
  readonly #clock: Timers
  readonly #limits: Limits
  readonly #id = crypto.randomUUID()
  readonly #actor: ClientActor
  #dials = 0
  #wanted = true
  #connection: DialledConnection | undefined
  #isConnected = false
  /** Of this connection. */
  #ack: Ack | undefined
  #isReady = false
  #hasToldOfFailure = false
  #refusals = 0

  constructor(
    dialect: ClientDialect<AckData, Event>,
    socketPath: string,
    log: LogFunction,
    options: IpcClientOptions,
  ) {
    super()
    this.#dialect = dialect
    this.#socketPath = socketPath
    this.#log = (...args) => callProgram(() => log(...args))
    this.#transport = options.transport ?? nodeIpcTransport
    this.#clock = options.clock ?? { setTimeout, clearTimeout }
    this.#limits = { ...defaultLimits, ...options.limits }
    const { ipcClientRetryMs: retryMs } = this.#limits
    const input = { id: this.#id, attemptsMax: null, firstBackOffMs: retryMs, lastBackOffMs: retryMs }
    this.#actor = startClientActor(input, this.#effects(), this.#clock)
    this.#actor.send({ type: 'connect' })
  }

  get socketPath(): string {
    return this.#socketPath
  }

  /** What the server calls this connection; undefined until its Ack. */
  get clientId(): string | undefined {
    return this.#ack?.data.clientId
  }

  /** The socket is connected. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Connected, and this connection's Ack was received: commands can be sent. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** Sends a command. True where it was handed to the socket; false, and logged, while the client is not ready. */
  sendCommand(command: Command): boolean {
    const { origin } = this.#dialect
    return this.#send({ type: 'TaskCommand', origin, clientId: this.clientId, data: command })
  }

  /** SendMessage: text and images for the current task. */
  sendTaskMessage(text?: string, images?: string[]): boolean {
    return this.#sendNamed('SendMessage', { text, images })
  }

  /** DeleteQueuedMessage: takes a message out of the current task's queue. */
  deleteQueuedMessage(messageId: string): boolean {
    return this.#sendNamed('DeleteQueuedMessage', messageId)
  }

  /** Sends a message as it is. As `sendCommand`. */
  sendMessage(message: Message): boolean {
    return this.#send(message)
  }

  /** Ends the link when what was sent has left, and dials no more. */
  disconnect(): void {
    this.#wanted = false
    this.#lost()
    this.#actor.send({ type: 'disconnect' })
  }

  #sendNamed(commandName: string, data: unknown): boolean {
    const { origin } = this.#dialect
    return this.#send({ type: 'TaskCommand', origin, clientId: this.clientId, data: { commandName, data } })
  }

  #send(message: object): boolean {
    const frame = frameOf(message)
    const connection = this.#connection
    if (!this.#isReady || connection === undefined) {
      this.#log('[client] not sent: the client is not ready; wait for Ack')
      return false
    }
    if (connection.heldBytes > this.#limits.ipcClientHeldBytesMax) {
      this.#log(`[client] not sent: the server does not take what was sent before`)
      return false
    }
    connection.send(frame)
    return true
  }

  // --- effects of the client's machine, and what its link tells -----------------------------------------------------

  #effects(): ClientEffects {
    const { ipcClientRetryMs } = this.#limits
    let backOff: unknown
    const hangUp = (): void => {
      this.#connection?.close()
      this.#connection = undefined
    }
    return {
      // In a later microtask: another machine must not be started inside an action of this one.
      dial: () => queueMicrotask(() => this.#dial()),
      greet: () => {},
      resumeSession: () => {},
      suspendRequests: () => {},
      armBackOff: () => {
        backOff = this.#clock.setTimeout(
          () => this.#actor.send({ type: 'backOff.elapsed' }),
          ipcClientRetryMs,
        )
      },
      disarmBackOff: () => this.#clock.clearTimeout(backOff),
      hangUp,
      release: hangUp,
      faulted: (error) => {
        this.#log('[client] failed', error)
        this.#wanted = false
        hangUp()
        this.#lost()
      },
    }
  }

  #dial(): void {
    if (!this.#wanted) return
    const { clientAckTimeoutMs, linkDrainMs, lagHighBytes } = this.#limits
    this.#dials += 1
    this.#refusals = 0
    const connection: DialledConnection = dial(
      {
        id: `${this.#id}.${this.#dials}`,
        path: this.#socketPath,
        transport: this.#transport,
        codec: this.#dialect.codec,
        ackTimeoutMs: clientAckTimeoutMs,
        drainTimeoutMs: linkDrainMs,
        lagHighBytes,
        clock: this.#clock,
        now: () => performance.now(),
      },
      {
        opened: () => {
          if (this.#connection === connection) this.#connected()
        },
        ignored: (item) => this.#ignored(item),
        acked: (ack) => {
          this.#ack = ack
          return this.#wanted
        },
        attached: () => {
          if (this.#connection === connection) this.#ready()
        },
        received: (items) => this.#received(connection, items),
        closed: (reason, error) => {
          if (this.#connection === connection) this.#closed(error?.message ?? reason)
        },
      },
    )
    this.#connection = connection
  }

  #connected(): void {
    this.#isConnected = true
    if (!this.#hasToldOfFailure) this.#log('[client] connected')
    callProgram(() => this.emit('Connect'))
  }

  #ready(): void {
    const ack = this.#ack
    if (ack === undefined) return
    this.#isReady = true
    if (this.#hasToldOfFailure) this.#log('[client] connected')
    this.#hasToldOfFailure = false
    this.#actor.send({ type: 'connection.ready' })
    this.#actor.send({ type: 'session.opened' })
    callProgram(() => this.emit('Ack', this.#dialect.ackOf(ack)))
  }

  #closed(why: string): void {
    this.#connection = undefined
    if (this.#isConnected) this.#lost(why)
    else if (this.#wanted) this.#tellOfFailure(why)
    this.#actor.send({ type: 'connection.closed' })
  }

  #lost(why = 'by this program'): void {
    const wasReady = this.#isReady
    this.#isReady = false
    this.#ack = undefined
    if (!this.#isConnected) return
    this.#isConnected = false
    if (wasReady || !this.#wanted) this.#log(`[client] disconnected: ${why}`)
    else this.#tellOfFailure(why)
    callProgram(() => this.emit('Disconnect'))
  }

  /** Once until an Ack: a server that is not there, or speaks otherwise, is tried again every half a second. */
  #tellOfFailure(why: string): void {
    if (this.#hasToldOfFailure) return
    this.#hasToldOfFailure = true
    const { ipcClientRetryMs } = this.#limits
    this.#log(`[client] not connected: ${why}; trying again every ${ipcClientRetryMs} ms`)
  }

  #received(connection: DialledConnection, items: readonly Decoded<ServerMessage>[]): void {
    for (const item of items) {
      // A listener of the program's may have ended it.
      if (this.#connection !== connection || !this.#wanted) return
      if (!item.ok) this.#refused(item.refusal.rejection.message)
      else if (item.message.type === 'TaskEvent') this.#announced(item.message)
    }
  }

  #announced(message: EventMessage): void {
    const event = this.#dialect.eventOf(message)
    if (event !== undefined) callProgram(() => this.emit('TaskEvent', event))
  }

  #ignored(item: Decoded<ServerMessage>): void {
    this.#refused(item.ok ? `${item.message.type} came before the Ack` : item.refusal.rejection.message)
  }

  /** The first of a connection alone: a server that says the wrong thing says it often. */
  #refused(why: string): void {
    this.#refusals += 1
    const { refusalLogBurst } = this.#limits
    if (this.#refusals > refusalLogBurst) return
    const more = this.#refusals === refusalLogBurst ? '; further ones are not logged' : ''
    this.#log(`[client] message not understood: ${why}${more}`)
  }
}
