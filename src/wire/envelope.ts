/**
 * The messages of a link, whatever its framing: Ack, TaskCommand, TaskEvent of the field, and Hello, Reply and Gap of
 * the extension `callboard/1`. `Connect` and `Disconnect` never travel: they are local events of the library classes.
 */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { taskCommandSchema, taskStates } from './commands.ts'
import {
  askSchema,
  exitSchema,
  holderSchema,
  queuedMessageSchema,
  taskEventSchema,
  taskMessageSchema,
} from './events.ts'
import { rejectionCodes } from './rejection.ts'

/** The extension's version, as the Ack and Hello carry it. */
export const protocolVersion = 1

const sequence = z.number().int().min(0)

export const ackSchema = z.object({
  type: z.literal('Ack'),
  origin: z.literal('server'),
  data: z.object({
    /** 12 hex digits: 6 random bytes. */
    clientId: z.string(),
    pid: z.number(),
    ppid: z.number(),
    protocol: z.object({ name: z.string(), version: z.number() }).optional(),
    epoch: z.string().optional(),
    head: sequence.optional(),
  }),
})
export type Ack = z.infer<typeof ackSchema>

const requestId = z.string().min(1).max(limits.requestIdCharsMax)

export const commandMessageSchema = z.object({
  type: z.literal('TaskCommand'),
  origin: z.literal('client'),
  clientId: z.string().optional(),
  requestId: requestId.optional(),
  data: taskCommandSchema,
})
export type CommandMessage = z.infer<typeof commandMessageSchema>

export const roles = ['client', 'observer', 'worker'] as const

export const helloSchema = z.object({
  type: z.literal('Hello'),
  origin: z.literal('client'),
  clientId: z.string().optional(),
  data: z.object({
    protocol: z.number().int(),
    client: z.object({
      name: z.string().max(limits.clientNameCharsMax),
      version: z.string().max(limits.clientNameCharsMax),
    }),
    role: z.enum(roles).optional(),
    resume: z
      .object({
        sessionId: z.string().max(limits.sessionIdCharsMax),
        epoch: z.string().max(limits.idCharsMax),
        after: sequence,
      })
      .optional(),
    /** The value of CALLBOARD_TASK where the client runs inside a task. It prevents accidents and is no secret. */
    task: z.string().max(limits.idCharsMax).optional(),
  }),
})
export type Hello = z.infer<typeof helloSchema>

/** The requestId of a Hello's Reply. */
export const helloRequestId = 'hello'

export const eventMessageSchema = z.object({
  type: z.literal('TaskEvent'),
  origin: z.literal('server'),
  relayClientId: z.string().optional(),
  /** Journal order, from 1. Direct answers and notices carry none. */
  seq: sequence.optional(),
  task: z.string().optional(),
  /** Milliseconds since the Unix epoch. */
  at: z.number().optional(),
  /** clientId that caused it. */
  by: z.string().optional(),
  /** requestId that caused it. */
  causedBy: z.string().optional(),
  data: taskEventSchema,
})
export type EventMessage = z.infer<typeof eventMessageSchema>

export const rejectionSchema = z.object({
  code: z.enum(rejectionCodes),
  message: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
})

export const replySchema = z.object({
  type: z.literal('Reply'),
  origin: z.literal('server'),
  requestId: z.string(),
  data: z.discriminatedUnion('ok', [
    z.object({ ok: z.literal(true), result: z.unknown() }),
    z.object({ ok: z.literal(false), error: rejectionSchema }),
  ]),
})
export type Reply = z.infer<typeof replySchema>

export const gapSchema = z.object({
  type: z.literal('Gap'),
  origin: z.literal('server'),
  data: z.object({ from: sequence, firstAvailable: sequence }),
})
export type Gap = z.infer<typeof gapSchema>

export type ClientMessage = CommandMessage | Hello
export type ServerMessage = Ack | EventMessage | Reply | Gap

// --- results of the extension's commands ---------------------------------------------------------------------------

export const taskSchema = z.object({
  id: z.string(),
  state: z.enum(taskStates),
  text: z.string(),
  profile: z.string().optional(),
  cwd: z.string().optional(),
  createdAt: z.number(),
  exit: exitSchema.optional(),
  resumable: z.boolean(),
  /** From 1, while it is queued. */
  queuePlace: z.number().optional(),
  priority: z.number().optional(),
  /** Who holds a lease on it. */
  holder: holderSchema.optional(),
  /** The task inside which it was started. */
  parent: z.string().optional(),
  /** Open ones, oldest first. */
  asks: z.array(askSchema),
  /** Messages that wait for its run, oldest first: GetTask alone has them. */
  queuedMessages: z.array(queuedMessageSchema).optional(),
})
export type Task = z.infer<typeof taskSchema>

export const gapReasons = ['retention', 'beyond', 'other_journal'] as const
export type GapReason = (typeof gapReasons)[number]
const resultGap = z.object({ from: sequence, firstAvailable: sequence, reason: z.enum(gapReasons) })
export type ResultGap = z.infer<typeof resultGap>

export const helloResultSchema = z.object({
  protocol: z.number(),
  clientId: z.string(),
  sessionId: z.string(),
  epoch: z.string(),
  head: sequence,
  /** Only where a session was asked for and taken up again. */
  resumed: z.boolean().optional(),
  gap: resultGap.optional(),
})
export type HelloResult = z.infer<typeof helloResultSchema>

/** For who comes late: a task with the last that it said, its text cut. */
export const snapshotTaskSchema = taskSchema.extend({ lastMessage: taskMessageSchema.optional() })
export type SnapshotTask = z.infer<typeof snapshotTaskSchema>

export const subscribeResultSchema = z.object({
  after: sequence,
  head: sequence,
  gap: resultGap.optional(),
  snapshot: z.object({ tasks: z.array(snapshotTaskSchema) }).optional(),
})
export type SubscribeResult = z.infer<typeof subscribeResultSchema>

export const startResultSchema = z.object({ taskId: z.string() })
export const claimResultSchema = z.object({ holder: holderSchema })
export const pruneResultSchema = z.object({ pruned: z.number(), more: z.boolean().optional() })
export const listTasksResultSchema = z.object({ tasks: z.array(taskSchema) })

export const clientSchema = z.object({
  clientId: z.string(),
  name: z.string().optional(),
  version: z.string().optional(),
  listener: z.string(),
  framing: z.string(),
  vocabulary: z.string(),
  role: z.string(),
  native: z.boolean(),
  state: z.string(),
  /** Milliseconds since the Unix epoch. */
  since: z.number(),
  subscription: z.string(),
  lagBytes: z.number(),
  lagEvents: z.number().optional(),
  /** Tasks that it holds. */
  leases: z.array(z.string()).optional(),
  /** The task inside which it runs, as it said. */
  insideTask: z.string().optional(),
  currentTask: z.string().optional(),
  refusedFrames: z.number(),
})
export type Client = z.infer<typeof clientSchema>
export const listClientsResultSchema = z.object({ clients: z.array(clientSchema) })

export const statusSchema = z.object({
  version: z.string(),
  pid: z.number(),
  state: z.string(),
  epoch: z.string(),
  startedAt: z.number(),
  listeners: z.array(
    z.object({
      path: z.string(),
      framing: z.string(),
      vocabulary: z.string(),
      scope: z.string(),
      role: z.string(),
    }),
  ),
  connections: z.number(),
  tasks: z.record(z.string(), z.number()),
  journal: z.object({
    head: sequence,
    firstAvailable: sequence,
    bytes: z.number(),
    bytesMax: z.number(),
    durability: z.string(),
    /** Bytes that the store keeps on disk; absent where it keeps nothing. */
    storedBytes: z.number().optional(),
    /** Why nothing can be kept now, in a sentence: commands that change something are answered `storage_unavailable`. */
    unavailable: z.string().optional(),
  }),
  lanes: z.number(),
  memory: z.object({ rssBytes: z.number(), heapUsedBytes: z.number() }),
})
export type Status = z.infer<typeof statusSchema>
