/** A command on its way out: what can be refused here is, so that no frame leaves that would cost the link. */
import { canonicalCodec } from '../wire/codec.ts'
import { taskCommandSchema } from '../wire/commands.ts'
import type { TaskCommand, TaskCommandInput, TaskCommandName } from '../wire/commands.ts'
import { helloRequestId, listClientsResultSchema } from '../wire/envelope.ts'
import type { Reply } from '../wire/envelope.ts'
import { CallboardError } from './callboard-error.ts'
import type { ClientLimits } from './client-settings.ts'
import type { Settlement } from './request-table.ts'

/** What is on its way already. */
export interface Underway {
  readonly requests: number
  /** Bytes handed to the link that have not left. */
  readonly heldBytes: number
  has(requestId: string): boolean
}

export interface CommandFrame {
  readonly commandName: TaskCommandName
  readonly frame: Buffer
}

/** One frame. Without a requestId it is not answered. */
export function encodeCommand(data: TaskCommand, requestId?: string): Buffer {
  const message = { type: 'TaskCommand', origin: 'client', data } as const
  return canonicalCodec.encodeToServer(requestId === undefined ? message : { ...message, requestId })
}

/** A user's command as a frame, or why it cannot be sent. */
export function commandFrame(
  input: TaskCommandInput,
  requestId: string,
  underway: Underway,
  limits: ClientLimits,
): CommandFrame | CallboardError {
  const refusal = refusalOf(input.commandName, requestId, underway, limits)
  if (refusal !== undefined) return refusal
  const command = taskCommandSchema.safeParse(input)
  if (!command.success) {
    const why = `${input.commandName} is not valid: ${command.error.issues[0]?.message ?? 'look at its fields'}.`
    return new CallboardError('invalid_command', why, { cause: command.error })
  }
  const frame = encodeCommand(command.data, requestId)
  if (frame.length <= limits.frameInBytesMax) return { commandName: input.commandName, frame }
  const why = `${input.commandName} is ${frame.length} bytes long, and a server takes ${limits.frameInBytesMax}.`
  return new CallboardError('frame_too_large', why)
}

function refusalOf(
  commandName: TaskCommandName,
  requestId: string,
  underway: Underway,
  limits: ClientLimits,
): CallboardError | undefined {
  if (commandName === 'Subscribe' || commandName === 'Unsubscribe') {
    return new CallboardError('unsupported', `${commandName} is not for request(): use events().`)
  }
  if (requestId.length === 0 || requestId.length > limits.requestIdCharsMax) {
    return new CallboardError('invalid_frame', `A requestId has 1 to ${limits.requestIdCharsMax} characters.`)
  }
  if (requestId === helloRequestId || underway.has(requestId)) {
    return new CallboardError('request_conflict', `The requestId "${requestId}" is taken: give another.`)
  }
  if (underway.requests < limits.clientRequestsMax && underway.heldBytes < limits.frameInBytesMax)
    return undefined
  const { requests, heldBytes } = underway
  const why = `${requests} commands and ${heldBytes} bytes are on their way already: wait for some of them.`
  return new CallboardError('limit_exceeded', why)
}

/** What a Reply says to whoever waits for it. */
export function settlementOf(reply: Reply): Settlement {
  if (reply.data.ok) return { ok: true, result: reply.data.result }
  const { code, message, details } = reply.data.error
  return { ok: false, error: new CallboardError(code, message, { details }) }
}

/** What ListClients says of one's own connection: bytes that the server has still to send on it. */
export function lagOf(
  outcome: Settlement,
  clientId: string | undefined,
): { readonly lagBytes: number } | CallboardError {
  if (!outcome.ok) return outcome.error
  const own = listClientsResultSchema
    .safeParse(outcome.result)
    .data?.clients.find((one) => one.clientId === clientId)
  return own ?? new CallboardError('invalid_frame', 'The answer to ListClients does not know this client.')
}
