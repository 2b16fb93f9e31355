/** The part of node-ipc 12.0.0 (alias `node-ipc-12`) that the tests use as the field's two ends; it ships no types. */
declare module 'node-ipc-12' {
  import type { Socket } from 'node:net'

  export interface FieldClient {
    on(type: string, listener: (message: unknown) => void): void
    emit(type: string, message: unknown): void
  }

  export interface FieldServer {
    on(type: 'connect', listener: (socket: Socket) => void): void
    on(type: 'message', listener: (message: unknown, socket: Socket) => void): void
    emit(socket: Socket, type: string, message: unknown): void
    broadcast(type: string, message: unknown): void
    start(): void
    stop(): void
  }

  export class IPCModule {
    config: { silent: boolean; stopRetrying: boolean; maxRetries: number }
    of: Record<string, FieldClient | undefined>
    /** Made by `serve`. */
    server: FieldServer
    serve(path: string, callback: () => void): void
    connectTo(id: string, path: string, callback: () => void): void
    disconnect(id: string): void
  }
}
