/**
 * Keeps the daemon's resident memory near what it has to hold. V8 collects by its own heap's growth and hardly counts
 * the buffers of sockets and pipes that garbage holds: a flood then takes twice what the journal's tail does.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Limits } from '../limits.ts'

/**
 * Keeps V8's young generation at its first size; to be called first thing in the process. It would grow to 3 × 16 MiB
 * under load and stay there: over 5,000 idle links 29 kB of resident memory a link instead of 12, at no saving of CPU.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

export interface MemoryKeeperOptions {
  readonly limits: Pick<Limits, 'memoryHighBytes' | 'memoryStepBytes' | 'memoryLookMs' | 'memoryRestFactor'>
  /** Resident memory, in bytes. */
  readonly residentBytes?: () => number
  /** What of it buffers take, garbage included, in bytes. The heap itself is V8's: it collects that more cheaply. */
  readonly bufferBytes?: () => number
  /** Memory may grow where nothing tells of it: then it looks on. */
  readonly isAwake?: () => boolean
  /** What of it is the journal's tail, in bytes: it grows for good, and collecting finds nothing of it. */
  readonly heldBytes?: () => number
  /** Collects all garbage. */
  readonly collect?: () => void
  /** Milliseconds. */
  readonly now?: () => number
}

/**
 * Looks at memory while something moves, and not at all in a daemon that idles: it is to wake nobody's machine.
 * Collects once memory has passed its mark, and again when resident memory has grown a step beyond what was left: a burst
 * must not wait. That alone would let the mark rise step by step, since resident memory hardly falls with a collection;
 * so it also collects when buffers have grown a step, though with rests.
 */
export class MemoryKeeper implements Disposable {
  readonly #stepBytes: number
  readonly #restFactor: number
  readonly #residentBytes: () => number
  readonly #bufferBytes: () => number
  readonly #heldBytes: () => number
  readonly #isAwake: () => boolean
  readonly #collect: () => void
  readonly #now: () => number
  readonly #lookMs: number
  #timer: NodeJS.Timeout | 'idle' | 'disposed' = 'idle'
  /** Something has moved since it looked. */
  #stirred = false
  /** The first mark: what was resident at the start and the allowance. */
  readonly #highBytes: number
  #markBytes: number
  #leftBytes = -Infinity
  /** Held at the last collection; the first one does not look at it. */
  #heldThen = Infinity
  #restUntil = -Infinity

  constructor(options: MemoryKeeperOptions) {
    const { memoryHighBytes, memoryStepBytes, memoryLookMs, memoryRestFactor } = options.limits
    this.#stepBytes = memoryStepBytes
    this.#restFactor = memoryRestFactor
    this.#residentBytes = options.residentBytes ?? (() => process.memoryUsage.rss())
    this.#bufferBytes = options.bufferBytes ?? (() => process.memoryUsage().external)
    this.#heldBytes = options.heldBytes ?? (() => 0)
    this.#isAwake = options.isAwake ?? (() => false)
    this.#collect = options.collect ?? collector()
    this.#now = options.now ?? (() => performance.now())
    this.#highBytes = this.#residentBytes() + memoryHighBytes
    this.#markBytes = this.#highBytes
    this.#lookMs = memoryLookMs
    this.stir()
  }

  [Symbol.dispose](): void {
    this.#stop('disposed')
  }

  /** Something was read or told: memory is looked at until nothing is any more. */
  stir(): void {
    this.#stirred = true
    if (this.#timer === 'idle') this.#timer = setInterval(() => this.#tick(), this.#lookMs).unref()
  }

  #stop(as: 'idle' | 'disposed'): void {
    if (typeof this.#timer === 'object') clearInterval(this.#timer)
    this.#timer = as
  }

  #tick(): void {
    this.look()
    // What has become due while it rests is still to be collected.
    if (!this.#stirred && !this.#isAwake() && this.#now() >= this.#restUntil) this.#stop('idle')
    this.#stirred = false
  }

  /** Looks now, and collects where that is due. */
  look(): void {
    const began = this.#now()
    if (!this.#isDue(began)) return
    this.#collect()
    this.#markBytes = Math.max(this.#highBytes, this.#residentBytes() + this.#stepBytes)
    this.#leftBytes = this.#bufferBytes()
    this.#heldThen = this.#heldBytes()
    const ended = this.#now()
    this.#restUntil = ended + (ended - began) * this.#restFactor
  }

  #isDue(now: number): boolean {
    const residentBytes = this.#residentBytes()
    const heldSince = Math.max(0, this.#heldBytes() - this.#heldThen)
    if (residentBytes > this.#markBytes + heldSince) return true
    if (residentBytes <= this.#highBytes || now < this.#restUntil) return false
    return this.#bufferBytes() > this.#leftBytes + this.#stepBytes + heldSince
  }
}

/** V8's own full collection, which it gives away only to who asks by this flag. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  return typeof collect === 'function' ? () => void collect() : () => {}
}
