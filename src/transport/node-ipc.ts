/**
 * The transport of the field: sockets made and accepted by node-ipc 14 with its raw parser, so that bytes pass as they
 * are. The only file that imports node-ipc. Its `emit`, `broadcast` and `stop` are never used: the first two write
 * once per event per socket, the last destroys live links.
 */
import { resolve } from 'node:path'
import type { Server, Socket } from 'node:net'
import { IPCModule, type IPCConfig } from 'node-ipc'
import { limits } from '../limits.ts'
import { listenError, publishSocket, type SocketFile } from './socket-file.ts'
import { SocketLink } from './socket-link.ts'
import type { Link, LinkHandlers, Listener, ListenOptions, Transport } from './transport.ts'

const pipePrefix = '\\\\.\\pipe\\'

/** Unix sockets (named pipes on Windows) by way of node-ipc. Listening paths are made absolute. */
export const nodeIpcTransport: Transport = {
  listen: (options) => (process.platform === 'win32' ? new PipeListener(options) : new FileListener(options)),
  connect,
}

function connect(path: string, handlers: LinkHandlers & { opened(): void }): Link {
  const ipc = new IPCModule()
  configure(ipc.config, path)
  ipc.connectTo('server', path)
  const socket = ipc.of['server']?.socket
  if (socket === undefined) throw new Error('node-ipc made no socket')
  socket.allowHalfOpen = true
  const link = new SocketLink(socket)
  link.attach(handlers)
  socket.on('connect', () => handlers.opened())
  return link
}

/** On a file system: the socket's file says whether the path is still its own. */
class FileListener implements Listener {
  readonly path: string
  readonly #options: ListenOptions
  #server: Server | undefined
  #file: SocketFile | undefined

  constructor(options: ListenOptions) {
    this.path = resolve(options.path)
    this.#options = options
    this.#bind()
  }

  ownsPath(): boolean {
    return this.#file?.isThere() ?? false
  }

  /** Where binding fails, the old socket goes on accepting whom it can still be reached by. */
  rebind(): void {
    this.#file?.remove()
    const old = this.#server
    this.#bind()
    old?.close()
  }

  close(): void {
    this.#file?.remove()
    this.#file = undefined
    this.#server?.close()
    this.#server = undefined
  }

  #bind(): void {
    let server: Server | undefined
    try {
      this.#file = publishSocket(this.path, (stagedPath) => {
        server = serve(stagedPath, this.#options)
      })
      this.#server = server
    } catch (error) {
      server?.close()
      throw error
    }
  }
}

/** A Windows pipe has no file: it is its owner's until closed. */
class PipeListener implements Listener {
  readonly path: string
  readonly #options: ListenOptions
  #server: Server | undefined

  constructor(options: ListenOptions) {
    this.path = options.path
    this.#options = options
    this.rebind()
  }

  ownsPath(): boolean {
    return this.#server !== undefined
  }

  rebind(): void {
    this.close()
    // node-ipc's server puts the prefix before every path, its client only where it is missing.
    const name = this.path.startsWith(pipePrefix) ? this.path.slice(pipePrefix.length) : this.path
    this.#server = serve(name, this.#options)
  }

  close(): void {
    this.#server?.close()
    this.#server = undefined
  }
}

/** Binds in this turn; accepting begins in a later one. */
function serve(path: string, options: ListenOptions): Server {
  const ipc = new IPCModule()
  configure(ipc.config, path)
  ipc.serve(path)
  if (ipc.server === false) throw new Error('node-ipc made no server')
  ipc.server.start()
  const { server } = ipc.server
  if (server === false) throw new Error('node-ipc made no server')
  // net tells why binding failed only in the next tick, to node-ipc's own listener, which keeps it from being thrown.
  if (!server.listening) throw listenError(process.platform === 'win32' ? 'EADDRINUSE' : 'EMFILE', path)
  // Read by net.Server at each accept: a peer that has sent its last byte can still be written to.
  Object.assign(server, { allowHalfOpen: true })
  server.on('error', (error) => options.error(error))
  ipc.server.on('connect', (socket) => acceptSocket(socket, options))
  return server
}

function acceptSocket(socket: Socket, options: ListenOptions): void {
  const link = new SocketLink(socket)
  link.attach(options.accept(link))
}

function configure(config: IPCConfig, path: string): void {
  config.silent = true
  config.logPayloads = false
  config.parser = 'raw'
  config.unlink = false
  // Below the socket itself: a root that contains the path would be made, and set to 0700.
  config.socketRoot = `${path}/none`
  // Admission is decided above, by connection; this only keeps an endless number of half-admitted ones away.
  config.maxConnections = 2 * limits.connectionsMaxMax
  config.maxRetries = 0
  config.stopRetrying = true
}
