/**
 * The one error that CallboardClient throws and rejects with. Its `code` is the server's, or one of the client's own:
 * `unreachable` (nobody answers at the path), `ack_timeout` (somebody does, but says nothing), `not_callboard` (what
 * answers speaks something else), `timeout` (no Reply in time), `closed` (the client or its link ended), `aborted`.
 */
import type { TaskCommandInput } from '../wire/commands.ts'
import type { RejectionCode } from '../wire/rejection.ts'

export type CallboardErrorCode =
  RejectionCode | 'unreachable' | 'ack_timeout' | 'not_callboard' | 'timeout' | 'closed' | 'aborted'

export interface CallboardErrorOptions {
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

export class CallboardError extends Error {
  readonly code: CallboardErrorCode
  readonly details?: Readonly<Record<string, unknown>>

  /** `message` is one sentence for people: what failed and what to do next. */
  constructor(code: CallboardErrorCode, message: string, options: CallboardErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'CallboardError'
    this.code = code
    if (options.details !== undefined) this.details = options.details
  }
}

/** What a client that has ended rejects with. */
export function ended(ending: CallboardError): CallboardError {
  if (ending.code === 'closed') return ending
  return new CallboardError('closed', `The client has ended: ${ending.message}`, { cause: ending })
}

export function abortedConnect(signal: AbortSignal | undefined): CallboardError {
  return new CallboardError('aborted', 'Connecting was aborted.', { cause: signal?.reason })
}

export function abortedRequest({ commandName }: TaskCommandInput, signal: AbortSignal): CallboardError {
  const why = `${commandName} was aborted before it was sent.`
  return new CallboardError('aborted', why, { cause: signal.reason })
}
