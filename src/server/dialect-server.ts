/**
 * The drop-in server of the field's programs, for any shapes of messages: ipc-server.ts and seed-ipc-server.ts fix
 * those. It emits three names that are its own, and what came over the wire only as their arguments. What a listener of
 * the program's throws is thrown again outside of the link that it was called for, as Node does with such errors.
 */
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { callProgram } from '../actors/program-code.ts'
import type { LogFunction } from '../actors/program-code.ts'
import { limits as defaultLimits } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { nodeIpcTransport } from '../transport/node-ipc.ts'
import type { Listener, Transport } from '../transport/transport.ts'
import type { Codec } from '../wire/codec.ts'
import type { TaskCommand as AnyCommand } from '../wire/commands.ts'
import { frameOf, frameTextOf } from '../wire/library/frame.ts'
import { AcceptedClients } from './accepted-clients.ts'
import { libraryLog } from './library-log.ts'
import { openListener } from './opened-listener.ts'

export interface IpcServerEvents<Command> {
  /** It was sent its Ack, and can be sent to. */
  Connect: [clientId: string]
  /** It cannot be sent to any more. */
  Disconnect: [clientId: string]
  TaskCommand: [clientId: string, command: Command]
  /** `listen` has bound the socket. */
  listening: []
  /** `listen` failed, or the listening socket broke. Thrown where nobody listens. */
  error: [error: NodeJS.ErrnoException]
}

export interface IpcServerOptions {
  readonly transport?: Transport
  readonly limits?: Partial<Limits>
}

export interface ServerDialect<Command> {
  readonly codec: Codec
  isCommand(command: AnyCommand): command is AnyCommand & Command
}

export class DialectServer<Command, Message extends object>
  extends EventEmitter<IpcServerEvents<Command>>
  implements AsyncDisposable
{
  readonly #dialect: ServerDialect<Command>
  readonly #socketPath: string
  readonly #log: LogFunction
  readonly #limits: Limits
  readonly #transport: Transport
  /** From `listen` until `close`. */
  #clients: AcceptedClients | undefined
  #listener: Listener | undefined
  #sweeping: NodeJS.Timeout | undefined

  constructor(
    dialect: ServerDialect<Command>,
    socketPath: string,
    log: LogFunction,
    options: IpcServerOptions,
  ) {
    super()
    this.#dialect = dialect
    this.#socketPath = socketPath
    this.#log = log
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#transport = options.transport ?? nodeIpcTransport
  }

  get socketPath(): string {
    return this.#socketPath
  }

  /** True while the socket is bound: after `listen` at once, unless something lay at its path. */
  get isListening(): boolean {
    return this.#listener !== undefined
  }

  /**
   * Binds the socket with mode 0600, in this turn where nothing lies at its path; then `listening` is emitted. A stale
   * socket there is replaced. Otherwise `error` is emitted in a later turn, and thrown where nobody listens for it:
   * EADDRINUSE where another program serves the path or a file lies there, else what the file system says.
   * Throws ERR_SERVER_ALREADY_LISTEN where it was called before and `close` was not.
   */
  listen(): void {
    if (this.#clients !== undefined) throw alreadyListening(this.#socketPath)
    const clients = this.#makeClients()
    this.#clients = clients
    const isWanted = (): boolean => this.#clients === clients
    openListener(
      this.#transport,
      {
        path: this.#socketPath,
        accept: (link) => clients.acceptLink(link),
        error: (error) => this.#tell(() => this.emit('error', error)),
      },
      {
        opened: (listener) => this.#opened(listener, clients),
        failed: (error) => {
          if (!isWanted()) return
          this.#clients = undefined
          this.#tell(() => this.emit('error', error))
        },
      },
      isWanted,
    )
  }

  /** Sends one message to every client. A client that is too far behind is closed instead. */
  broadcast(message: Message): void {
    this.#clients?.broadcast(frameTextOf(message))
  }

  /**
   * Sends a message to one client. One that is not connected is logged, no more. A client that is too far behind is
   * closed instead. A socket is taken where it is one of this server's.
   */
  send(client: string | Socket, message: Message): void {
    const frame = frameOf(message)
    const clientId = typeof client === 'string' ? client : this.#clients?.idOf(client)
    if (clientId !== undefined && this.#clients?.send(clientId, frame) === true) return
    this.#log(`[server] not sent: there is no client ${clientId ?? 'with that socket'}`)
  }

  /**
   * Stops listening, removes the socket's file, and ends every link when what was sent has left, after a second at the
   * latest. Resolves when all have gone; never rejects.
   */
  async close(): Promise<void> {
    const clients = this.#clients
    this.#clients = undefined
    this.#listener?.close()
    this.#listener = undefined
    clearInterval(this.#sweeping)
    await clients?.drain()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #makeClients(): AcceptedClients {
    return new AcceptedClients({
      path: this.#socketPath,
      codec: this.#dialect.codec,
      limits: this.#limits,
      log: libraryLog((...args) => callProgram(() => this.#log(...args))),
      owner: {
        connected: (clientId) => callProgram(() => this.emit('Connect', clientId)),
        disconnected: (clientId) => callProgram(() => this.emit('Disconnect', clientId)),
        commanded: (clientId, command) => {
          if (!this.#dialect.isCommand(command)) return false
          callProgram(() => this.emit('TaskCommand', clientId, command))
          return true
        },
      },
    })
  }

  #opened(listener: Listener, clients: AcceptedClients): void {
    this.#listener = listener
    this.#sweeping = setInterval(() => clients.sweep(), this.#limits.frameSweepMs)
    this.#sweeping.unref()
    this.#tell(() => {
      if (this.#listener === listener) this.emit('listening')
    })
  }

  /** As Node's own servers do: a listener that is added after `listen` was called hears it too. */
  #tell(emit: () => void): void {
    process.nextTick(emit)
  }
}

function alreadyListening(path: string): NodeJS.ErrnoException {
  const error = new Error(`listen was called already for ${path}: close the server first`)
  return Object.assign(error, { code: 'ERR_SERVER_ALREADY_LISTEN' })
}
