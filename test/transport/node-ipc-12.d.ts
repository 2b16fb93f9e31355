/** The part of node-ipc 12.0.0 (alias `node-ipc-12`) that the tests use as the field's client; it ships no types. */
declare module 'node-ipc-12' {
  export interface FieldClient {
    on(type: string, listener: (message: unknown) => void): void
    emit(type: string, message: unknown): void
  }

  export class IPCModule {
    config: { silent: boolean; stopRetrying: boolean; maxRetries: number }
    of: Record<string, FieldClient | undefined>
    connectTo(id: string, path: string, callback: () => void): void
    disconnect(id: string): void
  }
}
