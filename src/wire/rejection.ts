/**
 * Coded refusals. A rejection is a value of the protocol: it goes back to who asked, and the link lives.
 * The codes are stable and additive; PROTOCOL.md says for each what the client should do next.
 */

export const rejectionCodes = [
  'invalid_frame',
  'frame_too_large',
  'invalid_command',
  'unknown_task',
  'unknown_ask',
  'not_current',
  'not_owner',
  'busy',
  'queue_full',
  'limit_exceeded',
  'draining',
  'request_conflict',
  'unsupported',
  'unauthorized',
  'not_resumable',
  'storage_unavailable',
  'internal',
] as const

export type RejectionCode = (typeof rejectionCodes)[number]

export interface Rejection {
  readonly code: RejectionCode
  /** One sentence that says what was refused and what to do next. */
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Makes a rejection. `message` is shown to people: one sentence, what was refused and what to do next. */
export function rejection(
  code: RejectionCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): Rejection {
  return details === undefined ? { code, message } : { code, message, details }
}

/** The outcome of something that can be refused: `ok` tells which. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Rejection }

export function accepted<T>(value: T): Outcome<T> {
  return { ok: true, value }
}

export function refused<T = never>(
  code: RejectionCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): Outcome<T> {
  return { ok: false, error: rejection(code, message, details) }
}
