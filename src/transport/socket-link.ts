/**
 * A Link over a net.Socket, the same at both ends of the node-ipc transport. Its socket must allow half-open.
 * The trap: `socket.write()` returning false says "past the high-water mark", not "held". What is held is
 * `writableLength`, which is 0 right after a write that left at once; each write's callback tells when it has left.
 */
import type { Socket } from 'node:net'
import type { Link, LinkHandlers } from './transport.ts'

export class SocketLink implements Link {
  readonly #socket: Socket
  #handlers: LinkHandlers | undefined
  #held = false
  #error: Error | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Begins to tell `handlers`. To be called once, in the turn in which the socket was made. */
  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers
    this.#socket.on('data', (chunk: Buffer) => handlers.data(chunk))
    this.#socket.on('end', () => handlers.ended())
    this.#socket.on('error', (error) => {
      this.#error = error
    })
    this.#socket.on('close', () => handlers.closed(this.#error))
  }

  get socket(): Socket {
    return this.#socket
  }

  get heldBytes(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength
  }

  write(bytes: Uint8Array): boolean {
    // Not writable any more: ended, destroyed or broken. A write would be an error of ours, not of the peer.
    if (!this.#socket.writable) return true
    this.#socket.write(bytes, this.#left)
    if (this.#socket.destroyed || this.#socket.writableLength === 0) return true
    this.#held = true
    return false
  }

  /** One function for all writes: Node batches the callbacks of writes that left at once. A broken one has not left. */
  readonly #left = (error?: Error | null): void => {
    if (error !== undefined && error !== null) return
    if (!this.#held || this.#socket.destroyed || this.#socket.writableLength > 0) return
    this.#held = false
    this.#handlers?.drained()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.destroySoon()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
