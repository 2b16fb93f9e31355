/**
 * What `import … from 'callboard/wire'` gives: bytes to validated messages and back, for programs that speak to a
 * socket of their own. It only exports what others hold, and nothing here imports it: a package's entry is one file.
 */
export { canonicalCodec, framingNames, parseListenerCodec, vocabularyNames } from '../wire/codec.ts'
export type { Batch, Codec, Decoded, Decoder, DecoderOptions, Refusal } from '../wire/codec.ts'
export { commandNames, taskCommandSchema } from '../wire/commands.ts'
export type { StartNewTask, Subscribe, TaskCommand, TaskCommandInput } from '../wire/commands.ts'
export {
  ackSchema,
  commandMessageSchema,
  eventMessageSchema,
  gapSchema,
  helloSchema,
  replySchema,
} from '../wire/envelope.ts'
export { protocolVersion, statusSchema, taskSchema } from '../wire/envelope.ts'
export type { Ack, ClientMessage, CommandMessage, EventMessage, Gap, Hello, Reply } from '../wire/envelope.ts'
export type { Client, HelloResult, ServerMessage, Status, Task } from '../wire/envelope.ts'
export { taskEventSchema } from '../wire/events.ts'
export type { Ask, AskOutcome, Exit, Holder, TaskEvent, TaskEventName, TaskMessage } from '../wire/events.ts'
export type { TokenUsage, ToolUsage } from '../wire/events.ts'
export { rejectionCodes } from '../wire/rejection.ts'
export type { Rejection, RejectionCode } from '../wire/rejection.ts'
export { UnfinishedFrames } from '../wire/unfinished.ts'
