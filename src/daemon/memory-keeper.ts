/**
 * Keeps the daemon's resident memory near what it has to hold. V8 collects by its own heap's growth and lets garbage
 * pile up for speed, with it the buffers of sockets and pipes: a flood then takes twice what the journal's tail does.
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
  readonly limits: Pick<Limits, 'memoryHighBytes' | 'memoryStepBytes' | 'memoryLookMs'>
  /** Resident memory, in bytes. */
  readonly residentBytes?: () => number
  /** Collects all garbage. */
  readonly collect?: () => void
}

/** Collects once memory has passed its mark, and again only when it has grown a step beyond what was left. */
export class MemoryKeeper implements Disposable {
  readonly #stepBytes: number
  readonly #residentBytes: () => number
  readonly #collect: () => void
  readonly #timer: NodeJS.Timeout
  /** The first mark: what was resident at the start and the allowance. */
  readonly #highBytes: number
  #markBytes: number

  constructor(options: MemoryKeeperOptions) {
    const { memoryHighBytes, memoryStepBytes, memoryLookMs } = options.limits
    this.#stepBytes = memoryStepBytes
    this.#residentBytes = options.residentBytes ?? (() => process.memoryUsage.rss())
    this.#collect = options.collect ?? collector()
    this.#highBytes = this.#residentBytes() + memoryHighBytes
    this.#markBytes = this.#highBytes
    this.#timer = setInterval(() => this.#look(), memoryLookMs)
    this.#timer.unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    if (this.#residentBytes() <= this.#markBytes) return
    this.#collect()
    this.#markBytes = Math.max(this.#highBytes, this.#residentBytes() + this.#stepBytes)
  }
}

/** V8's own full collection, which it gives away only to who asks by this flag. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  return typeof collect === 'function' ? () => void collect() : () => {}
}
