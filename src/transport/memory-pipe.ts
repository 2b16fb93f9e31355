/**
 * One direction of an in-process link, as a socket's is: a bounded buffer that takes copies, what does not fit is held
 * by reference until it does, and the reader gets it in later turns, at most `readBytes` a turn.
 */
interface PipeEvents {
  /** To the reader. */
  data(chunk: Buffer): void
  /** To the reader, once, after everything was delivered. */
  ended(): void
  /** To the writer: what was held is in the buffer now. */
  drained(): void
  /** To the writer, once, after `end`: nothing is held any more. */
  finished(): void
}

export class MemoryPipe {
  readonly #events: PipeEvents
  readonly #bufferBytes: number
  readonly #readBytes: number
  #buffered: Buffer[] = []
  #bufferedBytes = 0
  #held: Uint8Array[] = []
  #heldBytes = 0
  #paused = false
  #ending = false
  #endTold = false
  #finishTold = false
  #scheduled = false

  /** `bufferBytes` stands for the kernel's buffer, `readBytes` for one read of it. */
  constructor(bufferBytes: number, readBytes: number, events: PipeEvents) {
    this.#bufferBytes = bufferBytes
    this.#readBytes = readBytes
    this.#events = events
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** False where some of the bytes are held. */
  write(bytes: Uint8Array): boolean {
    if (this.#ending || bytes.length === 0) return true
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    this.#fill()
    this.#schedule()
    return this.#heldBytes === 0
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  /** No more writes: `finished` and `ended` follow, after what is held and buffered. */
  end(): void {
    this.#ending = true
    this.#schedule()
  }

  /** As `end`, but what is held is lost; what is buffered is still delivered. */
  cut(): void {
    this.#held = []
    this.#heldBytes = 0
    this.end()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#turn()
    })
  }

  #turn(): void {
    const wasHeld = this.#heldBytes > 0
    if (!this.#paused) this.#deliver()
    this.#fill()
    if (wasHeld && this.#heldBytes === 0) this.#events.drained()
    if (this.#ending) this.#tellEnd()
    if (!this.#paused && this.#bufferedBytes > 0) this.#schedule()
  }

  #deliver(): void {
    if (this.#bufferedBytes === 0) return
    const all = Buffer.concat(this.#buffered, this.#bufferedBytes)
    const chunk = all.subarray(0, this.#readBytes)
    const rest = all.subarray(this.#readBytes)
    this.#buffered = rest.length === 0 ? [] : [rest]
    this.#bufferedBytes = rest.length
    this.#events.data(chunk)
  }

  /** Moves what is held into the buffer, as far as there is room. */
  #fill(): void {
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      const room = this.#bufferBytes - this.#bufferedBytes
      if (room <= 0) return
      const part = Buffer.from(first.subarray(0, room))
      this.#buffered.push(part)
      this.#bufferedBytes += part.length
      this.#heldBytes -= part.length
      if (part.length === first.length) this.#held.shift()
      else this.#held[0] = first.subarray(part.length)
    }
  }

  #tellEnd(): void {
    if (this.#heldBytes > 0) return
    if (!this.#finishTold) {
      this.#finishTold = true
      this.#events.finished()
    }
    if (this.#bufferedBytes > 0 || this.#paused || this.#endTold) return
    this.#endTold = true
    this.#events.ended()
  }
}
