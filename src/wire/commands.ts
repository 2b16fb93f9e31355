/**
 * What clients ask for: the commands of the published schemas (`taskCommandSchema` of `@roo-code/types` 1.63–1.115)
 * and those of the extension `callboard/1`. Inbound schemas strip unknown keys, as real servers do, but for
 * `configuration.callboard`, which is ours: there a misspelt key is an error that names the nearest one.
 */
import { z } from 'zod'
import { limits } from '../limits.ts'
import { askKinds } from './events.ts'
import { nearest } from './nearest.ts'
import { printableName } from './printable.ts'
import { accepted, refused } from './rejection.ts'
import type { Outcome } from './rejection.ts'

const taskId = z.string().min(1).max(limits.idCharsMax)

/** An array of valid items. `z.array` makes an issue of every wrong one: a 32 MiB frame of them would take gigabytes. */
function list<T>(item: z.ZodType<T>, countMax: number, items: string) {
  return z.custom<T[]>(
    (value) =>
      Array.isArray(value) && value.length <= countMax && value.every((one) => item.safeParse(one).success),
    `expected an array of at most ${countMax} ${items}`,
  )
}

/** Bounded by the frame alone. */
const images = z.custom<string[]>(
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  'expected an array of strings',
)

const stringRecord = z.custom<Record<string, string>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !Object.hasOwn(value, '__proto__') &&
    Object.values(value).every((one) => typeof one === 'string'),
  'expected an object of strings',
)

/** An MCP server of an agent: a program, or an address. `env` and `headers` may hold secrets. */
export const mcpServerSchema = z.union([
  z.strictObject({
    command: list(z.string(), limits.commandArgsMax, 'strings').refine((command) => command.length > 0),
    env: stringRecord.optional(),
  }),
  z.strictObject({
    url: z.string().min(1).max(limits.pathCharsMax),
    type: z.enum(['http', 'sse']).optional(),
    headers: stringRecord.optional(),
  }),
])

/** By name. */
export const mcpServersSchema = z
  .record(z.string().min(1).max(limits.globCharsMax), mcpServerSchema)
  .refine((all) => Object.keys(all).length <= limits.mcpServersMax, {
    error: `at most ${limits.mcpServersMax}`,
  })

/** Who answers an agent's asks where only clients that know no asks watch its task. */
export const legacyAsks = ['allow', 'deny', 'wait'] as const

/** What a client may say of a command to run. `env` and the rest of the configuration go to the runner alone. */
export const callboardConfigurationSchema = z.strictObject({
  /** A profile of the daemon's config; the other fields go over its defaults. */
  profile: z.string().min(1).max(limits.globCharsMax).optional(),
  /** Program and arguments, as for execve: no shell is involved. */
  command: list(z.string(), limits.commandArgsMax, 'strings')
    .refine((command) => command.length > 0, 'expected at least the program')
    .optional(),
  /** Absolute path. */
  cwd: z.string().min(1).max(limits.pathCharsMax).optional(),
  env: stringRecord.optional(),
  /** `closed` (default): nothing to read; `text`: the task's text, then end of file; `open`: SendMessage writes lines. */
  stdin: z.enum(['closed', 'text', 'open']).optional(),
  /** Absolute path of a recording that is played instead of a command. */
  replay: z.string().min(1).max(limits.pathCharsMax).optional(),
  /** How many times as fast as it was recorded it is played: 1 by default, 0 for as fast as possible. */
  speed: z.number().min(0).max(limits.replaySpeedMax).optional(),
  /** What runs the command: by itself (default), or as an agent that speaks the Agent Client Protocol. */
  runner: z.enum(['command', 'acp']).optional(),
  /** Of an agent: the mode, the model and other options that it is put into, by its own ids. */
  mode: z.string().min(1).max(limits.agentNameCharsMax).optional(),
  model: z.string().min(1).max(limits.agentNameCharsMax).optional(),
  options: z
    .record(
      z.string().max(limits.agentNameCharsMax),
      z.union([z.string().max(limits.pathCharsMax), z.boolean()]),
    )
    .optional(),
  /** Of an agent: the id of the way in which it is to log in before anything else. */
  authMethod: z.string().min(1).max(limits.agentNameCharsMax).optional(),
  mcpServers: mcpServersSchema.optional(),
  /** `wait` (default), or what is answered at once. */
  legacyAsks: z.enum(legacyAsks).optional(),
  /** Its place among tasks that wait for a slot: higher ones first. 0 by default. */
  priority: z.number().int().min(-limits.priorityMax).max(limits.priorityMax).optional(),
})
export type CallboardConfiguration = z.infer<typeof callboardConfigurationSchema>

/** Validates `configuration.callboard`; a refusal names the field and, for an unknown key, the known ones. */
export function parseCallboardConfiguration(value: unknown): Outcome<CallboardConfiguration> {
  // What most clients send, which know nothing of ours.
  if (value === undefined || value === null) return accepted({})
  const parsed = callboardConfigurationSchema.safeParse(value)
  if (parsed.success) return oneThingToRun(parsed.data)
  const issue = parsed.error.issues[0]
  const path = ['configuration', 'callboard', ...(issue?.path ?? [])].join('.')
  const why = issue?.code === 'unrecognized_keys' ? unknownKey(issue.keys[0] ?? '') : issue?.message
  return refused('invalid_command', `${path}: ${why ?? 'not valid'}`)
}

function oneThingToRun(asked: CallboardConfiguration): Outcome<CallboardConfiguration> {
  if (asked.replay === undefined || (asked.command === undefined && asked.runner === undefined)) {
    return accepted(asked)
  }
  const other = asked.command === undefined ? 'runner' : 'command'
  return refused(
    'invalid_command',
    `configuration.callboard: ${other} and replay exclude each other: give the one that is to run`,
  )
}

function unknownKey(key: string): string {
  const known = Object.keys(callboardConfigurationSchema.shape)
  const meant = nearest(key, known)
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`
  return `unknown key "${printableName(key)}"; ${hint}`
}

/**
 * A client's settings. Real clients send hundreds of provider keys: all are kept for the runner, none is read here.
 * `callboard` is validated by `parseCallboardConfiguration` when the task starts, not with the frame: a client that
 * knows no replies must be told of a mistake by a task that could not start, not by silence.
 */
export const configurationSchema = z.looseObject({ callboard: z.unknown().optional() })
export type Configuration = z.infer<typeof configurationSchema>

export const startNewTaskSchema = z.object({
  configuration: configurationSchema.default({}),
  text: z.string().default(''),
  images: images.optional(),
  newTab: z.boolean().optional(),
})
export type StartNewTask = z.infer<typeof startNewTaskSchema>

const sendMessageSchema = z.object({
  text: z.string().optional(),
  images: images.optional(),
  /** Ours: which task; without it the connection's current one. */
  taskId: taskId.optional(),
})

/** Those of a task that waits or runs. */
export const unsettledStates = ['queued', 'starting', 'running', 'interactive'] as const
export const taskStates = [
  ...unsettledStates,
  'completed',
  'aborted',
  'failed',
  'resumable',
  'closed',
] as const
export type TaskState = (typeof taskStates)[number]

const subscribeSchema = z.object({
  tasks: list(taskId, limits.subscribeTasksMax, 'task ids').optional(),
  events: list(
    z.string().min(1).max(limits.globCharsMax),
    limits.subscribeGlobsMax,
    'event names',
  ).optional(),
  after: z.number().int().min(0).optional(),
  snapshot: z.boolean().optional(),
})
export type Subscribe = z.infer<typeof subscribeSchema>

const inspectedName = z.string().min(1).max(limits.inspectedNameCharsMax)

/** What one actor of another program did. */
const actorMoveSchema = z.object({
  machine: inspectedName,
  actor: inspectedName,
  /** Milliseconds since the Unix epoch. */
  at: z.number(),
  event: inspectedName,
  /** The ids of the states that it stood in and stands in; without `from` it has begun, without `to` it has ended. */
  from: inspectedName.optional(),
  to: inspectedName.optional(),
  /** The state whose transition was taken, and its place there; absent where the event was not expected. */
  edge: z.object({ source: inspectedName, index: z.number().int().min(0) }).optional(),
  /** JSON, its secrets already taken out. */
  context: z.string().max(limits.inspectedContextCharsMax).optional(),
})
export type ActorMove = z.infer<typeof actorMoveSchema>

/** What inspectTo() tells: the program's machines once, then what their actors do. */
const actorsReportSchema = z.object({
  namespace: inspectedName,
  /** `chart`: the JSON of a chart as `callboard machines --format json` prints it. */
  machines: list(
    z.object({ name: inspectedName, chart: z.string().max(limits.inspectedChartCharsMax) }),
    limits.inspectedMachinesMax,
    'machines',
  ).optional(),
  moves: list(actorMoveSchema, limits.inspectedMovesMax, 'moves').optional(),
  /** Moves that the program left out since its last report. */
  dropped: z.number().int().min(0).optional(),
})
export type ActorsReport = z.infer<typeof actorsReportSchema>

const nothing = z.unknown().optional()

export const taskCommandSchema = z.discriminatedUnion('commandName', [
  z.object({
    commandName: z.literal('StartNewTask'),
    data: startNewTaskSchema.default({ configuration: {}, text: '' }),
  }),
  // The id is required up to 1.89 and absent from 1.115: without it, the connection's current task is meant.
  z.object({ commandName: z.literal('CancelTask'), data: taskId.optional() }),
  z.object({ commandName: z.literal('CloseTask'), data: taskId.optional() }),
  z.object({ commandName: z.literal('ResumeTask'), data: taskId }),
  z.object({ commandName: z.literal('SendMessage'), data: sendMessageSchema.default({}) }),
  z.object({ commandName: z.literal('GetCommands'), data: nothing }),
  z.object({ commandName: z.literal('GetModes'), data: nothing }),
  z.object({ commandName: z.literal('GetModels'), data: nothing }),
  z.object({ commandName: z.literal('DeleteQueuedMessage'), data: z.string().max(limits.idCharsMax) }),
  // --- callboard/1 ---
  z.object({ commandName: z.literal('Subscribe'), data: subscribeSchema.default({}) }),
  z.object({ commandName: z.literal('Unsubscribe'), data: nothing }),
  z.object({
    commandName: z.literal('ListTasks'),
    data: z
      .object({
        states: list(z.enum(taskStates), taskStates.length, `of ${taskStates.join(', ')}`).optional(),
      })
      .default({}),
  }),
  z.object({ commandName: z.literal('GetTask'), data: taskId }),
  z.object({ commandName: z.literal('ListClients'), data: nothing }),
  z.object({ commandName: z.literal('GetStatus'), data: nothing }),
  /** Reads the profiles of the daemon's config file again; tasks that run keep theirs. */
  z.object({ commandName: z.literal('ReloadConfig'), data: nothing }),
  z.object({
    commandName: z.literal('Shutdown'),
    data: z
      .object({ deadlineMs: z.number().int().min(0).max(limits.drainDeadlineMsMax).optional() })
      .default({}),
  }),
  z.object({
    commandName: z.literal('RespondToAsk'),
    data: z.object({
      askId: z.string().max(limits.idCharsMax),
      option: z.string().optional(),
      text: z.string().optional(),
      /** Of a form, by field name. */
      values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    }),
  }),
  z.object({
    commandName: z.literal('ClaimTask'),
    data: z.object({
      taskId,
      ttlMs: z.number().int().positive().max(limits.leaseTtlMsMax).optional(),
      steal: z.boolean().optional(),
      /** Answers this task's asks with the option that allows, as long as the lease lasts. */
      approve: z
        .union([z.literal('all'), list(z.enum(askKinds), askKinds.length, 'kinds of asks')])
        .optional(),
    }),
  }),
  z.object({ commandName: z.literal('ReleaseTask'), data: taskId }),
  z.object({
    commandName: z.literal('PruneTasks'),
    data: z
      .object({
        before: z.number().optional(),
        ids: list(taskId, limits.pruneTasksMax, 'task ids').optional(),
      })
      .default({}),
  }),
  /** `control`: the address of the page that may act. */
  z.object({
    commandName: z.literal('OpenInspector'),
    data: z.object({ control: z.boolean().optional() }).default({}),
  }),
  z.object({ commandName: z.literal('ReportActors'), data: actorsReportSchema }),
])
export type TaskCommand = z.infer<typeof taskCommandSchema>
export type TaskCommandName = TaskCommand['commandName']
/** What a sender may leave out is optional here. */
export type TaskCommandInput = z.input<typeof taskCommandSchema>

/** Every command of the protocol. */
export const commandNames: readonly string[] = taskCommandSchema.options.map(
  (one) => one.shape.commandName.value,
)
