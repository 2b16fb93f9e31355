/**
 * The handshake above the Ack: whom a client speaks to, what its Hello says, what the answer means.
 */
import { helloResultSchema, protocolVersion } from '../wire/envelope.ts'
import type { Decoded } from '../wire/codec.ts'
import type { Ack, Hello, HelloResult, Reply, ServerMessage } from '../wire/envelope.ts'
import type { RejectionCode } from '../wire/rejection.ts'
import type { ConnectionCloseReason } from '../../machines/connection.ts'
import { CallboardError } from './callboard-error.ts'
import type { ClientSettings } from './client-settings.ts'

/** Refusals of a Hello that another attempt may not meet. */
const passing: ReadonlySet<RejectionCode> = new Set<RejectionCode>([
  'busy',
  'limit_exceeded',
  'draining',
  'storage_unavailable',
  'internal',
])

/** Undefined where the Ack is a Callboard's; else what was found instead. */
export function refusalOfAck(ack: Ack, socketPath: string): CallboardError | undefined {
  const { pid, ppid, protocol } = ack.data
  if (protocol?.name === 'callboard') return undefined
  const found = protocol === undefined ? 'says no protocol' : `speaks "${protocol.name.slice(0, 40)}"`
  return new CallboardError(
    'not_callboard',
    `What answers at ${socketPath} is no Callboard daemon: process ${pid} ${found}. ` +
      'Give Callboard a socket path of its own, or stop that process.',
    { details: { pid, ppid, socketPath } },
  )
}

/** What came where the Ack belongs: a Callboard says it first, in the vocabulary that this client speaks. */
export function refusalOfFirst(item: Decoded<ServerMessage>, socketPath: string): CallboardError {
  const found = item.ok ? `${item.message.type} came before the Ack.` : item.refusal.rejection.message
  return new CallboardError(
    'not_callboard',
    `What answers at ${socketPath} does not greet as a Callboard daemon's own socket does: ${found}`,
    { details: { socketPath } },
  )
}

/** Hello, with the earlier session and the place to go on from after a reconnect. */
export function helloOf(
  settings: ClientSettings,
  earlier: HelloResult | undefined,
  after: number | undefined,
): Hello {
  const { name, version, role, task } = settings
  return {
    type: 'Hello',
    origin: 'client',
    data: {
      protocol: protocolVersion,
      client: { name, version },
      ...(role === undefined ? {} : { role }),
      ...(task === undefined ? {} : { task }),
      ...(earlier === undefined
        ? {}
        : { resume: { sessionId: earlier.sessionId, epoch: earlier.epoch, after: after ?? earlier.head } }),
    },
  }
}

export type Greeted =
  | { readonly ok: true; readonly result: HelloResult }
  /** `final`: no other attempt will fare better. */
  | { readonly ok: false; readonly error: CallboardError; readonly final: boolean }

/** What the answer to Hello means. */
export function greeted(reply: Reply): Greeted {
  if (!reply.data.ok) {
    const { code, message, details } = reply.data.error
    return { ok: false, error: new CallboardError(code, message, { details }), final: !passing.has(code) }
  }
  const parsed = helloResultSchema.safeParse(reply.data.result)
  if (parsed.success) return { ok: true, result: parsed.data }
  const error = new CallboardError('not_callboard', 'The answer to Hello could not be read.', {
    cause: parsed.error,
  })
  return { ok: false, error, final: true }
}

/** Two epochs of one journal differ in the number of the start alone. */
export function sameJournal(one: string, other: string): boolean {
  return journalOf(one) === journalOf(other)
}

function journalOf(epoch: string): string {
  return epoch.slice(0, Math.max(0, epoch.lastIndexOf('.')))
}

/** Why an attempt failed, or a link was lost, for whoever waits. */
export function failureOf(
  reason: ConnectionCloseReason,
  socketPath: string,
  cause: Error | undefined,
): CallboardError {
  const why = cause === undefined ? '' : ` (${cause.message})`
  switch (reason) {
    case 'ack_timeout':
      return new CallboardError('ack_timeout', `What listens at ${socketPath} says nothing: is it stopped?`, {
        cause,
      })
    case 'framing':
      return new CallboardError('not_callboard', `What ${socketPath} sends cannot be read${why}.`, { cause })
    case 'fault':
      return new CallboardError('internal', `The client failed on what ${socketPath} sent${why}.`, { cause })
    case 'peer':
    case 'drained':
    case 'local':
    case 'refused':
    case 'retention':
      return new CallboardError('unreachable', `The server at ${socketPath} closed the link${why}.`, {
        cause,
      })
    case 'unreachable':
      return new CallboardError(
        'unreachable',
        `Nobody answers at ${socketPath}${why}. Is the daemon running?`,
        { cause },
      )
  }
}
