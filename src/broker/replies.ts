/**
 * The answers that a session was given, so that a repeated request gives the same answer and does its work once.
 * Bounded in number and bytes, for one session and over all of them: the oldest is forgotten first. An answer larger than
 * a session's bound is not kept: it is made again.
 */

/** Bytes that the answers kept of all sessions take together. */
export interface RepliesAccount {
  bytes: number
  readonly bytesMax: number
}

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
  readonly #account: RepliesAccount
  readonly #kept = new Map<string, KeptReply>()
  #bytes = 0
  /** Some answer is no longer here. */
  hasForgotten = false

  constructor(
    countMax: number,
    bytesMax: number,
    account: RepliesAccount = { bytes: 0, bytesMax: Infinity },
  ) {
    this.#countMax = countMax
    this.#bytesMax = bytesMax
    this.#account = account
  }

  /** What this session was answered to this request before. */
  find(requestId: string, digest: string): Earlier {
    const reply = this.#kept.get(requestId)
    if (reply === undefined) return { kind: 'none' }
    return reply.digest === digest ? { kind: 'same', frame: reply.frame } : { kind: 'conflict' }
  }

  keep(requestId: string, digest: string, frame: Buffer): void {
    this.forget(requestId)
    if (frame.length > this.#bytesMax) {
      this.hasForgotten = true
      return
    }
    this.#kept.set(requestId, { digest, frame })
    this.#bytes += frame.length
    this.#account.bytes += frame.length
    for (const oldest of this.#kept.keys()) {
      if (this.#fits() || oldest === requestId) return
      this.hasForgotten = true
      this.forget(oldest)
    }
  }

  /** Forgets all of them: the session has ended. */
  clear(): void {
    for (const requestId of this.#kept.keys()) this.forget(requestId)
  }

  #fits(): boolean {
    const { bytes, bytesMax } = this.#account
    return this.#kept.size <= this.#countMax && this.#bytes <= this.#bytesMax && bytes <= bytesMax
  }

  /** As if it had not been answered. */
  forget(requestId: string): void {
    const reply = this.#kept.get(requestId)
    if (reply === undefined) return
    this.#kept.delete(requestId)
    this.#bytes -= reply.frame.length
    this.#account.bytes -= reply.frame.length
  }
}
