/**
 * Many small texts as bytes, in blocks that are written again once nothing is kept in them. Texts that come and go one
 * by one are garbage that only a full collection finds, and each of those looks at all that lives. Owner: memory.ts.
 * The trap: one kept text keeps its whole block, so whoever bounds them counts `bytes`.
 */
import { limits } from '../limits.ts'

/** Where a text lies. */
export interface Kept {
  readonly block: Block
  readonly start: number
  readonly end: number
}

interface Block {
  readonly bytes: Buffer
  used: number
  kept: number
}

export class Blocks {
  /** Of the blocks in which something is kept, and of the last one. */
  bytes = 0
  readonly #free: Buffer[] = []
  #last: Block = blockOf(Buffer.alloc(0))

  keep(text: string): Kept {
    const block = this.#blockFor(Buffer.byteLength(text))
    const start = block.used
    block.used += block.bytes.write(text, start)
    block.kept++
    return { block, start, end: block.used }
  }

  read({ block, start, end }: Kept): string {
    return block.bytes.toString('utf8', start, end)
  }

  /** It is not read again. */
  forget({ block }: Kept): void {
    if (--block.kept > 0) return
    if (block === this.#last) block.used = 0
    else this.#giveBack(block)
  }

  /** A text that is larger than a block has one of its own: the last one has still room for others. */
  #blockFor(length: number): Block {
    const { recordBlockBytes } = limits
    if (length > recordBlockBytes) return this.#take(Buffer.allocUnsafeSlow(length))
    if (this.#last.used + length > this.#last.bytes.length) {
      if (this.#last.kept === 0) this.#giveBack(this.#last)
      this.#last = this.#take(this.#free.pop() ?? Buffer.allocUnsafeSlow(recordBlockBytes))
    }
    return this.#last
  }

  #take(bytes: Buffer): Block {
    this.bytes += bytes.length
    return blockOf(bytes)
  }

  #giveBack({ bytes }: Block): void {
    this.bytes -= bytes.length
    const { recordBlockBytes, recordBlocksFreeMax } = limits
    if (bytes.length === recordBlockBytes && this.#free.length < recordBlocksFreeMax) this.#free.push(bytes)
  }
}

function blockOf(bytes: Buffer): Block {
  return { bytes, used: 0, kept: 0 }
}
