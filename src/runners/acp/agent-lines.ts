/**
 * Cuts an agent's output into lines, of which at most one is unfinished. Pulls from the pipe, so that an agent that is
 * not read stops at its own write. The trap: a line may come in millions of pieces, which must not be kept as such.
 */
import type { Readable } from 'node:stream'

const newline = 0x0a
const firstBytes = 4_096

export class AgentLines {
  readonly #pipe: Readable
  readonly #bytesMax: number
  #chunk: Buffer | undefined
  #at = 0
  /** The start of an unfinished line; the buffer doubles as it grows. */
  #begun: Buffer = Buffer.allocUnsafe(0)
  #begunBytes = 0
  #reads = 0

  constructor(pipe: Readable, bytesMax: number) {
    this.#pipe = pipe
    this.#bytesMax = bytesMax
  }

  /** Rises with each read that brought something. */
  get reads(): number {
    return this.#reads
  }

  /** The next whole line without its end; undefined where none has come; `too long` past the bound. */
  next(): Buffer | 'too long' | undefined {
    for (;;) {
      const chunk = (this.#chunk ??= this.#read())
      if (chunk === undefined) return undefined
      const end = chunk.indexOf(newline, this.#at)
      const piece = chunk.subarray(this.#at, end === -1 ? chunk.length : end)
      this.#at = end === -1 ? chunk.length : end + 1
      if (this.#at === chunk.length) this.#chunk = undefined
      if (this.#begunBytes + piece.length > this.#bytesMax) return 'too long'
      if (end !== -1) return this.#begunBytes === 0 ? piece : this.#finished(piece)
      this.#append(piece)
    }
  }

  /** What came without a line's end, when nothing more comes. */
  rest(): Buffer {
    return this.#finished(Buffer.allocUnsafe(0))
  }

  #read(): Buffer | undefined {
    const read: unknown = this.#pipe.read()
    if (!Buffer.isBuffer(read)) return undefined
    this.#reads += 1
    this.#at = 0
    return read
  }

  #finished(piece: Buffer): Buffer {
    this.#append(piece)
    const line = this.#begun.subarray(0, this.#begunBytes)
    this.#begun = Buffer.allocUnsafe(0)
    this.#begunBytes = 0
    return line
  }

  #append(piece: Buffer): void {
    const bytes = this.#begunBytes + piece.length
    if (bytes > this.#begun.length) {
      const larger = Buffer.allocUnsafe(Math.max(bytes, firstBytes, this.#begun.length * 2))
      this.#begun.copy(larger, 0, 0, this.#begunBytes)
      this.#begun = larger
    }
    piece.copy(this.#begun, this.#begunBytes)
    this.#begunBytes = bytes
  }
}
