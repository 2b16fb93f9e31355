/**
 * The messages of the original design document: capitalised origins, events that are `{type, taskId, …}`, and four
 * commands. Beside its two halves in TypeScript it has one in Rust, which says `client_id` and `new_tab` and writes
 * `null` for what is absent. Not strict: unknown keys are stripped, as every real schema does.
 */
import { z } from 'zod'
import { taskMessageSchema } from '../events.ts'

/** `Connect` and `Disconnect` never travel: they are local events of the library classes. */
export const seedMessageType = {
  Connect: 'Connect',
  Disconnect: 'Disconnect',
  Ack: 'Ack',
  TaskCommand: 'TaskCommand',
  TaskEvent: 'TaskEvent',
} as const

export const seedOrigin = { Server: 'Server', Client: 'Client' } as const

const optionalText = z.string().nullish()

/** `clientId` may stand in the data or beside it, and under either name: the Rust half reads it beside. */
export const seedAckSchema = z.object({
  type: z.literal(seedMessageType.Ack),
  origin: z.literal(seedOrigin.Server),
  clientId: optionalText,
  client_id: optionalText,
  data: z.object({ clientId: optionalText, client_id: optionalText, pid: z.number(), ppid: z.number() }),
})

const taskId = z.string()
/** Milliseconds since the Unix epoch. */
const timestamp = z.number()

export const seedTaskEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('TaskStarted'), taskId, timestamp }),
  z.object({ type: z.literal('TaskCompleted'), taskId, timestamp }),
  z.object({ type: z.literal('TaskAborted'), taskId, timestamp }),
  z.object({ type: z.literal('Message'), taskId, message: taskMessageSchema }),
])
export type SeedTaskEvent = z.infer<typeof seedTaskEventSchema>

export const seedEventMessageSchema = z.object({
  type: z.literal(seedMessageType.TaskEvent),
  origin: z.literal(seedOrigin.Server),
  data: seedTaskEventSchema,
})

/** The commands that a seed listener takes: the document's four, and two published ones that need no answer. */
export const seedCommandNames: ReadonlySet<string> = new Set([
  'StartNewTask',
  'CancelTask',
  'CloseTask',
  'ResumeTask',
  'SendMessage',
  'DeleteQueuedMessage',
])
