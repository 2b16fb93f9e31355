/**
 * The answers that a session was given, so that a repeated request gives the same answer and does its work once.
 * Bounded in number and bytes: the oldest is forgotten first.
 */

interface KeptReply {
  /** Digest of the request's body: the same id with another body is a conflict. */
  readonly digest: string
  readonly frame: Buffer
}

export type Earlier =
  | { readonly kind: 'none' }
  | { readonly kind: 'same'; readonly frame: Buffer }
  | { readonly kind: 'conflict' }

export class Replies {
  readonly #countMax: number
  readonly #bytesMax: number
  readonly #kept = new Map<string, KeptReply>()
  #bytes = 0

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax
    this.#bytesMax = bytesMax
  }

  /** What this session was answered to this request before. */
  find(requestId: string, digest: string): Earlier {
    const reply = this.#kept.get(requestId)
    if (reply === undefined) return { kind: 'none' }
    return reply.digest === digest ? { kind: 'same', frame: reply.frame } : { kind: 'conflict' }
  }

  keep(requestId: string, digest: string, frame: Buffer): void {
    this.#kept.set(requestId, { digest, frame })
    this.#bytes += frame.length
    for (const [oldest, reply] of this.#kept) {
      const fits = this.#kept.size <= this.#countMax && this.#bytes <= this.#bytesMax
      if (fits || oldest === requestId) return
      this.#kept.delete(oldest)
      this.#bytes -= reply.frame.length
    }
  }
}
