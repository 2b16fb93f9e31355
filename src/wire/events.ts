/**
 * What the daemon announces: task events in the published shapes of Roo Code (`@roo-code/types` 1.115.0,
 * `taskEventSchema`) and Callboard's own, which only native links get. Additive fields are safe: real clients strip
 * unknown keys. An unknown event, say, ask or tool name is not: real clients drop the whole frame.
 */
import { z } from 'zod'

const taskId = z.string()

/** Tokens and cost so far; a command's are zeros. */
export const tokenUsageSchema = z.object({
  totalTokensIn: z.number(),
  totalTokensOut: z.number(),
  totalCacheWrites: z.number().optional(),
  totalCacheReads: z.number().optional(),
  totalCost: z.number(),
  contextTokens: z.number(),
})
export type TokenUsage = z.infer<typeof tokenUsageSchema>

/** Attempts and failures by tool name. */
export const toolUsageSchema = z.record(z.string(), z.object({ attempts: z.number(), failures: z.number() }))
export type ToolUsage = z.infer<typeof toolUsageSchema>

export const queuedMessageSchema = z.object({
  timestamp: z.number(),
  id: z.string(),
  text: z.string(),
  images: z.array(z.string()).optional(),
})
export type QueuedMessage = z.infer<typeof queuedMessageSchema>

export const sayNames = [
  'error',
  'api_req_started',
  'api_req_finished',
  'api_req_retried',
  'api_req_retry_delayed',
  'api_req_rate_limit_wait',
  'api_req_deleted',
  'text',
  'image',
  'reasoning',
  'completion_result',
  'user_feedback',
  'user_feedback_diff',
  'command_output',
  'shell_integration_warning',
  'mcp_server_request_started',
  'mcp_server_response',
  'subtask_result',
  'checkpoint_saved',
  'rooignore_error',
  'diff_error',
  'condense_context',
  'condense_context_error',
  'sliding_window_truncation',
  'codebase_search_result',
  'user_edit_todos',
  'too_many_tools_warning',
  'tool',
] as const

export const askNames = [
  'followup',
  'command',
  'command_output',
  'completion_result',
  'tool',
  'api_req_failed',
  'resume_task',
  'resume_completed_task',
  'mistake_limit_reached',
  'use_mcp_server',
  'auto_approval_max_req_reached',
] as const

/**
 * One message of a task. The same `ts` is the same message; while `partial`, every update carries the full text. Real
 * servers send more (`checkpoint`, `progressStatus`, `contextCondense`, …): a client is given what is not named here too.
 */
export const taskMessageSchema = z.looseObject({
  ts: z.number(),
  type: z.enum(['say', 'ask']),
  say: z.enum(sayNames).optional(),
  ask: z.enum(askNames).optional(),
  text: z.string().optional(),
  images: z.array(z.string()).optional(),
  partial: z.boolean().optional(),
  /** Ours: which of a command's streams a `command_output` came from. */
  stream: z.enum(['stdout', 'stderr']).optional(),
  /** Ours: base64 of the bytes, where a command's output is not UTF-8; `text` then shows U+FFFD. */
  bytes: z.string().optional(),
})
export type TaskMessage = z.infer<typeof taskMessageSchema>

/** What a task waits for somebody to say: a question takes text, an approval one of its options, a form its fields. */
export const askKinds = ['question', 'approval', 'form'] as const
export type AskKind = (typeof askKinds)[number]

const askOptionSchema = z.object({
  id: z.string(),
  label: z.string(),
  /** What choosing it means, where that is known: auto-approval takes the first that allows. */
  meaning: z.enum(['allow', 'deny']).optional(),
})
export type AskOption = z.infer<typeof askOptionSchema>

const askFieldSchema = z.object({
  name: z.string(),
  label: z.string().optional(),
  type: z.enum(['text', 'number', 'boolean', 'choice']),
  options: z.array(askOptionSchema).optional(),
  required: z.boolean().optional(),
})
export type AskField = z.infer<typeof askFieldSchema>

export const askSchema = z.object({
  id: z.string(),
  task: z.string(),
  kind: z.enum(askKinds),
  text: z.string(),
  /** An approval has some; a question may offer some beside free text, a form some in place of filling it in. */
  options: z.array(askOptionSchema).optional(),
  /** Of a form. */
  fields: z.array(askFieldSchema).optional(),
  /** Milliseconds since the Unix epoch. */
  askedAt: z.number(),
  /** When it ends unanswered: milliseconds since the Unix epoch. */
  deadline: z.number().optional(),
})
export type Ask = z.infer<typeof askSchema>

const fieldValues = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

/** How an ask ended, and who answered it. */
export const askOutcomeSchema = z.object({
  id: z.string(),
  outcome: z.enum(['answered', 'expired', 'interrupted', 'withdrawn']),
  option: z.string().optional(),
  text: z.string().optional(),
  values: fieldValues.optional(),
  /** The clientId that answered, and its name where it said Hello. */
  by: z.string().optional(),
  client: z.string().optional(),
  /** Answered by a lease's auto-approval, or by the profile's word for tasks that only legacy clients watch. */
  automatic: z.boolean().optional(),
})
export type AskOutcome = z.infer<typeof askOutcomeSchema>

/** Why a lease began, changed hands or ended. `left`: its session ended; `closed`: its task was. */
export const leaseReasons = ['claimed', 'renewed', 'stolen', 'released', 'expired', 'left', 'closed'] as const

/** Who alone may steer a task for a while. */
export const holderSchema = z.object({
  clientId: z.string(),
  client: z.string().optional(),
  /** Milliseconds since the Unix epoch; absent where it ends with its session only. */
  until: z.number().optional(),
})
export type Holder = z.infer<typeof holderSchema>

const presenceSchema = z.object({
  clientId: z.string(),
  name: z.string(),
  version: z.string(),
  role: z.string(),
})

/** How a command ended: its exit code, or the signal that ended it. */
export const exitSchema = z.object({
  code: z.number().int().optional(),
  signal: z.string().optional(),
})
export type Exit = z.infer<typeof exitSchema>

function event<Name extends string, Payload extends z.ZodType>(eventName: Name, payload: Payload) {
  return z.object({ eventName: z.literal(eventName), payload, taskId: z.number().optional() })
}

const oneTask = z.tuple([taskId])

/** Events that the published schemas know, so that every client may get them. */
const publishedEvents = [
  event('taskCreated', oneTask),
  event('taskStarted', oneTask),
  event(
    'taskCompleted',
    z.tuple([taskId, tokenUsageSchema, toolUsageSchema, z.object({ isSubtask: z.boolean() })]),
  ),
  event('taskAborted', oneTask),
  event('taskFocused', oneTask),
  event('taskUnfocused', oneTask),
  event('taskActive', oneTask),
  event('taskInteractive', oneTask),
  event('taskResumable', oneTask),
  event('taskIdle', oneTask),
  event('taskPaused', oneTask),
  event('taskUnpaused', oneTask),
  event('taskSpawned', z.tuple([taskId, taskId])),
  event('taskDelegated', z.tuple([taskId, taskId])),
  event('taskDelegationCompleted', z.tuple([taskId, taskId, z.string()])),
  event('taskDelegationResumed', z.tuple([taskId, taskId])),
  event(
    'message',
    z.tuple([z.object({ taskId, action: z.enum(['created', 'updated']), message: taskMessageSchema })]),
  ),
  event('taskModeSwitched', z.tuple([taskId, z.string()])),
  event('taskAskResponded', oneTask),
  event('queuedMessagesUpdated', z.tuple([taskId, z.array(queuedMessageSchema)])),
  event('taskToolFailed', z.tuple([taskId, z.string(), z.string()])),
  event('taskTokenUsageUpdated', z.tuple([taskId, tokenUsageSchema, toolUsageSchema])),
  event(
    'commandsResponse',
    z.tuple([
      z.array(
        z.object({
          name: z.string(),
          source: z.enum(['global', 'project', 'built-in']),
          filePath: z.string().optional(),
          description: z.string().optional(),
          argumentHint: z.string().optional(),
        }),
      ),
    ]),
  ),
  event('modesResponse', z.tuple([z.array(z.object({ slug: z.string(), name: z.string() }))])),
  event('modelsResponse', z.tuple([z.record(z.string(), z.record(z.string(), z.unknown()))])),
] as const

/** Events of Callboard alone: they go to links that said Hello. */
const nativeEvents = [
  /** A command of this task ended so; it comes before the events that settle the task. */
  event('taskExited', z.tuple([taskId, exitSchema])),
  /** What a task's agent said that has no other name here, as it said it. */
  event('agentUpdated', z.tuple([taskId, z.record(z.string(), z.unknown())])),
  event('askOpened', z.tuple([taskId, askSchema])),
  event('askResolved', z.tuple([taskId, askOutcomeSchema])),
  /** `holder` is absent where nobody holds the task any more; `from` was the holder before. */
  event(
    'leaseChanged',
    z.tuple([
      taskId,
      z.object({
        why: z.enum(leaseReasons),
        holder: holderSchema.optional(),
        from: holderSchema.optional(),
      }),
    ]),
  ),
  /** It waits for a slot: `place` counts from 1 and changes without further events. */
  event('taskQueued', z.tuple([taskId, z.object({ place: z.number(), priority: z.number() })])),
  /** Native clients that came and left since the last one. Not in the journal: no `seq`. */
  event(
    'clientsChanged',
    z.tuple([z.object({ joined: z.array(presenceSchema), left: z.array(presenceSchema) })]),
  ),
  /** The daemon takes no new tasks, and cancels running ones after `deadlineMs`. Not in the journal: no `seq`. */
  event('daemonDraining', z.tuple([z.object({ deadlineMs: z.number() })])),
] as const

export const taskEventSchema = z.discriminatedUnion('eventName', [...publishedEvents, ...nativeEvents])
export type TaskEvent = z.infer<typeof taskEventSchema>
export type TaskEventName = TaskEvent['eventName']

/** The names that only native links may see. */
export const nativeEventNames: ReadonlySet<string> = new Set(
  nativeEvents.map((one) => one.shape.eventName.value),
)
