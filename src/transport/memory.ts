/**
 * The in-process twin of the node-ipc transport, for tests and for programs that hold both ends. It keeps the sockets'
 * manners: bounded buffers, delivery in later turns, half-close, and their error codes. Each `memoryTransport()` has
 * its own paths; nothing is global.
 */
import { MemoryPipe } from './memory-pipe.ts'
import { limits } from '../limits.ts'
import { listenError } from './socket-file.ts'
import type { Link, LinkHandlers, Listener, ListenOptions, Transport } from './transport.ts'

export interface MemoryTransport extends Transport {
  connect(path: string, handlers: LinkHandlers & { opened(): void }): MemoryLink
  /** Takes the path away from its listener, as removing a socket's file does: `ownsPath()` is false then. */
  unlink(path: string): void
}

/** A transport whose listeners and links live in this object. `bufferBytes` is what one direction buffers. */
export function memoryTransport(bufferBytes: number = limits.writeBytes): MemoryTransport {
  const listeners = new Map<string, MemoryListener>()
  return {
    listen: (options) => new MemoryListener(listeners, options),
    connect: (path, handlers) => connect(listeners, path, handlers, bufferBytes),
    unlink: (path) => void listeners.delete(path),
  }
}

function connect(
  listeners: ReadonlyMap<string, MemoryListener>,
  path: string,
  handlers: LinkHandlers & { opened(): void },
  bufferBytes: number,
): MemoryLink {
  const [near, far] = pairLinks(bufferBytes)
  near.attach(handlers)
  setImmediate(() => {
    const listener = listeners.get(path)
    if (near.closed) return
    if (listener === undefined) {
      near.fail(connectError(path))
      return
    }
    far.attach(listener.options.accept(far))
    handlers.opened()
  })
  return near
}

function connectError(path: string): Error {
  return Object.assign(new Error(`connect ECONNREFUSED ${path}`), {
    code: 'ECONNREFUSED',
    path,
    syscall: 'connect',
  })
}

function brokenPipe(): Error {
  return Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })
}

class MemoryListener implements Listener {
  readonly path: string
  readonly options: ListenOptions
  readonly #listeners: Map<string, MemoryListener>

  constructor(listeners: Map<string, MemoryListener>, options: ListenOptions) {
    this.path = options.path
    this.options = options
    this.#listeners = listeners
    this.rebind()
  }

  ownsPath(): boolean {
    return this.#listeners.get(this.path) === this
  }

  rebind(): void {
    if (this.#listeners.has(this.path) && !this.ownsPath()) throw listenError('EADDRINUSE', this.path)
    this.#listeners.set(this.path, this)
  }

  close(): void {
    if (this.ownsPath()) this.#listeners.delete(this.path)
  }
}

function pairLinks(bufferBytes: number): [MemoryLink, MemoryLink] {
  const near: MemoryLink = new MemoryLink(bufferBytes, () => far)
  const far: MemoryLink = new MemoryLink(bufferBytes, () => near)
  return [near, far]
}

/** One end of an in-process link. Beside what a Link does it can half-close and break, for tests of the other end. */
export class MemoryLink implements Link {
  readonly #peer: () => MemoryLink
  readonly #out: MemoryPipe
  #handlers: LinkHandlers | undefined
  #closed = false
  #closing = false
  #error: Error | undefined

  constructor(bufferBytes: number, peer: () => MemoryLink) {
    this.#peer = peer
    this.#out = new MemoryPipe(bufferBytes, limits.writeBytes, {
      data: (chunk) => this.#peer().#tell((handlers) => handlers.data(chunk)),
      ended: () => this.#peer().#tell((handlers) => handlers.ended()),
      drained: () => this.#tell((handlers) => handlers.drained()),
      finished: () => {
        if (this.#closing) this.destroy()
      },
    })
  }

  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers
  }

  get closed(): boolean {
    return this.#closed
  }

  get heldBytes(): number {
    return this.#out.heldBytes
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed || this.#closing) return true
    if (this.#peer().#closed) {
      this.fail(brokenPipe())
      return true
    }
    return this.#out.write(bytes)
  }

  pause(): void {
    this.#peer().#out.pause()
  }

  resume(): void {
    this.#peer().#out.resume()
  }

  end(): void {
    this.#closing = true
    this.#out.end()
  }

  destroy(): void {
    this.#close()
  }

  /** Writes no more, and goes on reading: the peer is told `ended`. */
  endWriting(): void {
    this.#out.end()
  }

  /** Breaks this end: its `closed` carries the error. */
  fail(error: Error): void {
    this.#close(error)
  }

  #close(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#error = error
    this.#out.cut()
    // What the peer still holds for this end can never leave.
    if (this.#peer().heldBytes > 0) this.#peer().fail(brokenPipe())
    setImmediate(() => this.#handlers?.closed(this.#error))
  }

  #tell(what: (handlers: LinkHandlers) => void): void {
    if (!this.#closed && this.#handlers !== undefined) what(this.#handlers)
  }
}
