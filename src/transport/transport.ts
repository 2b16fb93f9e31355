/**
 * How bytes move: types only. A Link is a live socket, a Listener what accepts them. node-ipc.ts and memory.ts are the
 * two transports; test/transport/contract.ts runs the same tests on both.
 */
import type { Socket } from 'node:net'

/** A live two-way byte stream. Its owner is one connection. */
export interface Link {
  /** What it goes over, where that is a socket: to be recognised by, not to be used. */
  readonly socket?: Socket
  /**
   * Hands bytes over. True: all of them left, the buffer may be reused. False: something is held; `drained` comes
   * exactly once when nothing is held any more, and until then the buffer must not be changed.
   * After the link has closed it does nothing and returns true.
   */
  write(bytes: Uint8Array): boolean
  /** Bytes handed over that have not left. */
  readonly heldBytes: number
  /** Stops and continues reading. What the kernel buffers meanwhile is bounded by it. */
  pause(): void
  resume(): void
  /** Closes after what is held has left. */
  end(): void
  /** Closes now; what is held is lost. */
  destroy(): void
}

/** What the owner of a link is told. Handlers must not throw; after `closed` none is called. */
export interface LinkHandlers {
  data(chunk: Buffer): void
  drained(): void
  /** The peer writes no more (half-closed): what it sent before has been delivered; writing is still possible. */
  ended(): void
  /** Exactly once. `error` where the link broke rather than ended. */
  closed(error?: Error): void
}

export interface Listener {
  readonly path: string
  /** True while the socket file at `path` is the one that was bound. */
  ownsPath(): boolean
  /** Binds again at the same path, keeping the links that live. Synchronous; throws what bind throws. */
  rebind(): void
  /** Stops accepting and removes the socket file if it is still its own. Live links stay: their owners close them. */
  close(): void
}

export interface ListenOptions {
  readonly path: string
  /** Called for each accepted link before any of its bytes; returns its handlers. */
  accept(link: Link): LinkHandlers
  /** A fault of the listener itself after it was bound. */
  error(error: Error): void
}

export interface Transport {
  /**
   * Binds at once, in the calling turn, with mode 0600 from the socket file's first instant. A file at the path must
   * have been removed before (see `claimSocketPath`). Throws what bind throws.
   */
  listen(options: ListenOptions): Listener
  /** Connects. `opened` or `closed(error)` comes in a later turn. The link may be written only after `opened`. */
  connect(path: string, handlers: LinkHandlers & { opened(): void }): Link
}
