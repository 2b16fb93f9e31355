/**
 * The part of node-ipc 14.0.0 that this project uses; the package ships no types. Written from its sources
 * (services/IPC.js, dao/socketServer.js, dao/client.js, entities/Defaults.js). Only node-ipc.ts imports it.
 * It cannot be called node-ipc.d.ts: the compiler takes that name for the output of node-ipc.ts and leaves it out.
 */
declare module 'node-ipc' {
  import type { Server, Socket } from 'node:net'

  export interface IPCConfig {
    silent: boolean
    parser: 'raw' | 'fast' | 'guarded' | 'assured'
    /** Made, checked and set to 0700 by `start()` where it contains the socket's path. */
    socketRoot: string
    unlink: boolean
    maxConnections: number
    maxRetries: number
    stopRetrying: boolean
    logPayloads: boolean
  }

  export interface IPCServer {
    /** False until `start()`. */
    server: Server | false
    start(): void
    /** For each accepted socket, before any of its bytes. */
    on(type: 'connect', listener: (socket: Socket) => void): this
  }

  export interface IPCClient {
    socket: Socket
  }

  export class IPCModule {
    config: IPCConfig
    /** False until `serve()`. */
    server: IPCServer | false
    of: Record<string, IPCClient | undefined>
    serve(path: string): void
    connectTo(id: string, path: string): void
  }
}
