/**
 * From a running process to a session that takes prompts: initialize, log in when told how, a new session or the task's
 * earlier one, then mode, model and options. An earlier session is resumed, else loaded, else told anew from the
 * transcript; where there is none of these the task cannot go on.
 */
import { limits as defaults } from '../../limits.ts'
import { isJsonObject } from '../../wire/json-object.ts'
import { promptBlocks } from './content.ts'
import { AgentFailure, authRequired, codeOf, errorAnswer, notLoggedIn } from './failure.ts'
import { objectAt, objectsAt, textAt } from './fields.ts'
import { isSetting } from './offers.ts'
import { transcriptText } from './transcript.ts'
import type { Limits } from '../../limits.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { EarlierRun, RunnerTask } from '../runner.ts'
import type { AgentCalls } from './agent-calls.ts'
import type { PromptBlock } from './content.ts'
import type { Setting } from './offers.ts'
import type { Updates } from './updates.ts'

export interface SessionOptions {
  readonly task: RunnerTask
  readonly cwd: string
  readonly calls: AgentCalls
  readonly updates: Updates
  readonly version: string
  /** How a person logs in to this agent, where that is known. */
  readonly login: string | undefined
  readonly limits: Pick<
    Limits,
    'agentInitializeMs' | 'agentStepMs' | 'agentLoginMs' | 'agentTranscriptCharsMax'
  >
}

export interface OpenSession {
  readonly id: string
  /** What is said first. */
  readonly prompt: readonly PromptBlock[]
  /** Whether it takes images. */
  readonly images: boolean
  /** What the agent said of itself. */
  readonly initialized: JsonObject
}

const goOn = 'Go on where you were interrupted.'

const capabilities = {
  fs: { readTextFile: true, writeTextFile: true },
  terminal: true,
  session: { configOptions: { boolean: {} } },
  elicitation: { form: {}, url: {} },
}

/** What an agent says of itself. Throws AgentFailure, also for a protocol that is not spoken here. */
export async function initialize(calls: AgentCalls, version: string, ms: number): Promise<JsonObject> {
  const answer = await calls.demand(
    'initialize',
    {
      protocolVersion: 1,
      clientCapabilities: capabilities,
      clientInfo: { name: 'callboard', title: 'Callboard', version },
    },
    ms,
  )
  if (answer['protocolVersion'] === 1) return answer
  const spoken = JSON.stringify(answer['protocolVersion'] ?? null).slice(0, 20)
  throw new AgentFailure(`The agent speaks version ${spoken} of the protocol; version 1 is spoken here.`)
}

/** Throws AgentFailure. */
export async function openSession(options: SessionOptions): Promise<OpenSession> {
  const { task, calls, limits, version } = options
  const initialized = await initialize(calls, version, limits.agentInitializeMs)
  const can = objectAt(initialized, 'agentCapabilities')
  await logIn(options, initialized)
  const servers = mcpServers(task, objectAt(can, 'mcpCapabilities'))
  const place = { cwd: options.cwd, mcpServers: servers }
  const { earlier } = task
  const opened = await asLoggedIn(options, initialized, async () =>
    earlier === undefined
      ? await newSession(options, place, promptBlocks(task.text, task.images))
      : await earlierSession(options, place, can, earlier),
  )
  await choose(options, opened.id)
  return { ...opened, images: objectAt(can, 'promptCapabilities')['image'] === true, initialized }
}

type Opened = Pick<OpenSession, 'id' | 'prompt'>
interface Place {
  readonly cwd: string
  readonly mcpServers: readonly JsonObject[]
}

async function logIn({ task, calls, limits }: SessionOptions, initialized: JsonObject): Promise<void> {
  const methodId = task.callboard.authMethod
  if (methodId === undefined) return
  const known = (objectsAt(initialized, 'authMethods', defaults.agentOffersMax) ?? []).map(
    (one) => textAt(one, 'id') ?? '',
  )
  if (!known.includes(methodId)) {
    throw new AgentFailure(`The agent has no way to log in that is named "${methodId}": ${listed(known)}.`)
  }
  await calls.demand('authenticate', { methodId }, limits.agentLoginMs)
}

/** What goes wrong for want of a login is told with how to log in. */
export async function asLoggedIn<T>(
  { login }: Pick<SessionOptions, 'login'>,
  initialized: JsonObject,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw codeOf(error) === authRequired ? notLoggedIn(error, initialized, login) : error
  }
}

async function newSession(
  { calls, limits, updates }: SessionOptions,
  place: Place,
  prompt: readonly PromptBlock[],
): Promise<Opened> {
  const answer = await orSentence('session/new', calls.ask('session/new', place, limits.agentStepMs))
  const id = textAt(answer, 'sessionId')
  if (id === undefined) throw new AgentFailure('The agent opened a session without an id.')
  updates.offers.takeSession(answer)
  return { id, prompt }
}

async function earlierSession(
  options: SessionOptions,
  place: Place,
  can: JsonObject,
  earlier: EarlierRun,
): Promise<Opened> {
  const { followUp } = earlier
  const prompt =
    followUp === undefined ? promptBlocks(goOn, []) : promptBlocks(followUp.text, followUp.images)
  const id = isJsonObject(earlier.state) ? textAt(earlier.state, 'sessionId') : undefined
  if (id !== undefined && (await takenUp(options, place, can, id))) return { id, prompt }
  const { task, limits } = options
  const transcript = transcriptText(earlier.transcript(), limits.agentTranscriptCharsMax)
  if (transcript === undefined) {
    throw new AgentFailure(
      'not_resumable: the agent no longer knows this session, and nothing is left of what was said.',
    )
  }
  const opened = await newSession(options, place, [
    {
      type: 'text',
      text: `This is what was said in this task so far:\n\n${transcript}\n\n(End of what was said.)`,
    },
    ...(task.images.length === 0 ? [] : promptBlocks('', task.images)),
    ...prompt,
  ])
  options.updates.note('text', '[The agent no longer knows its session: it was given what had been said.]')
  return opened
}

/** Whether the agent took its earlier session up again. */
async function takenUp(
  options: SessionOptions,
  place: Place,
  can: JsonObject,
  sessionId: string,
): Promise<boolean> {
  const { calls, limits, updates } = options
  const ways = [
    ...(isJsonObject(objectAt(can, 'sessionCapabilities')['resume']) ? ['session/resume'] : []),
    ...(can['loadSession'] === true ? ['session/load'] : []),
  ]
  updates.replay()
  try {
    for (const way of ways) {
      try {
        updates.offers.takeSession(await calls.ask(way, { sessionId, ...place }, limits.agentStepMs))
        return true
      } catch (error) {
        if (error instanceof AgentFailure || codeOf(error) === authRequired) throw error
      }
    }
    return false
  } finally {
    updates.live()
  }
}

async function choose(options: SessionOptions, sessionId: string): Promise<void> {
  const { callboard } = options.task
  const { offers } = options.updates
  for (const what of ['mode', 'model'] as const) {
    const wanted = callboard[what]
    if (wanted !== undefined) await set(options, sessionId, what, offers.settingOf(what, wanted), wanted)
  }
  for (const [id, value] of Object.entries(callboard.options ?? {})) {
    await set(options, sessionId, 'option', offers.optionOf(id), value, id)
  }
}

async function set(
  { calls, limits, updates }: SessionOptions,
  sessionId: string,
  what: string,
  setting: Setting | readonly string[],
  value: string | boolean,
  name = String(value),
): Promise<void> {
  if (!isSetting(setting)) throw new AgentFailure(`The agent has no ${what} "${name}": ${listed(setting)}.`)
  const ms = limits.agentStepMs
  if (setting.by === 'option') {
    const isOn = value === true || value === 'true'
    const typed = setting.type === 'boolean' ? { type: 'boolean', value: isOn } : { value }
    const params = { sessionId, configId: setting.id, ...typed }
    updates.offers.takeOptions(await calls.demand('session/set_config_option', params, ms))
  } else if (setting.by === 'mode') {
    await calls.demand('session/set_mode', { sessionId, modeId: value }, ms)
    updates.offers.takeMode(String(value))
  } else {
    await calls.demand('session/set_model', { sessionId, modelId: value }, ms)
  }
}

function mcpServers({ callboard }: RunnerTask, can: JsonObject): JsonObject[] {
  return Object.entries(callboard.mcpServers ?? {}).map(([name, server]): JsonObject => {
    if ('command' in server) {
      const [command = '', ...args] = server.command
      return { name, command, args, env: pairs(server.env) }
    }
    const { type = 'http', url, headers } = server
    if (can[type] !== true)
      throw new AgentFailure(`The agent takes no MCP server over ${type}, as "${name}" is.`)
    return { type, name, url, headers: pairs(headers) }
  })
}

function pairs(record: Readonly<Record<string, string>> = {}): JsonObject[] {
  return Object.entries(record).map(([name, value]) => ({ name, value }))
}

/** A missing login stays what it is, for who can say more about it. */
async function orSentence(method: string, answered: Promise<JsonObject>): Promise<JsonObject> {
  try {
    return await answered
  } catch (error) {
    throw error instanceof AgentFailure || codeOf(error) === authRequired ? error : errorAnswer(error, method)
  }
}

function listed(names: readonly string[]): string {
  const told = names.slice(0, defaults.agentLoginsTold)
  return told.length === 0 ? 'it offers none' : `it offers ${told.join(', ')}`
}
