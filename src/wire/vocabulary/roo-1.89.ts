/**
 * What both 1.63.0 and 1.89.0 of `@roo-code/types` accept, for clients that were never updated: newer events are left
 * out, newer names become the nearest older one. Commands and the extension's messages are as in `roo`.
 */
import type { ServerMessage } from '../envelope.ts'
import type { TaskEvent, TaskMessage } from '../events.ts'
import { isJsonObject } from '../json-object.ts'
import { parseFromClient, parseFromServer } from './parse.ts'
import { envelope } from './roo.ts'
import { renameTools, roo189ToolName } from './tool-names.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Published events that 1.63 or 1.89 does not know. */
export const roo189UnknownEvents: ReadonlySet<string> = new Set([
  'queuedMessagesUpdated',
  'commandsResponse',
  'modesResponse',
  'modelsResponse',
  'taskDelegated',
  'taskDelegationCompleted',
  'taskDelegationResumed',
])

type Say = NonNullable<TaskMessage['say']>

/** Says that 1.63 or 1.89 does not know, and the nearest one that both do. */
export const roo189OlderSays: ReadonlyMap<string, Say> = new Map([
  ['api_req_rate_limit_wait', 'api_req_retry_delayed'],
  ['image', 'text'],
  ['sliding_window_truncation', 'text'],
  ['too_many_tools_warning', 'text'],
  ['tool', 'text'],
])

/** Names that only older servers say, and what they are today. */
const newerSays: ReadonlyMap<unknown, Say> = new Map([
  ['browser_action', 'tool'],
  ['browser_action_result', 'text'],
  ['browser_session_status', 'text'],
])

export const roo189: Vocabulary = {
  name: 'roo-1.89',
  parseFromClient,
  parseFromServer: (value) => parseFromServer(modernised(value)),
  toClient,
  toServer: (message) => message,
}

function toClient(message: ServerMessage): object | undefined {
  if (message.type !== 'TaskEvent') return message
  const data = speak(message.data)
  return data === undefined ? undefined : envelope(message, data)
}

function speak(event: TaskEvent): object | undefined {
  if (roo189UnknownEvents.has(event.eventName)) return undefined
  if (event.eventName === 'message') return speakMessage(event)
  if (event.eventName === 'taskCompleted') {
    const [id, tokens, tools, subtask] = event.payload
    return { ...event, payload: [id, tokens, renameTools(tools, roo189ToolName), subtask] }
  }
  if (event.eventName === 'taskTokenUsageUpdated') return { ...event, payload: event.payload.slice(0, 2) }
  if (event.eventName === 'taskToolFailed') {
    const [id, tool, error] = event.payload
    const older = roo189ToolName(tool)
    return older === undefined ? undefined : { ...event, payload: [id, older, error] }
  }
  return event
}

function speakMessage(event: Extract<TaskEvent, { eventName: 'message' }>): object {
  const [said] = event.payload
  const older = said.message.say === undefined ? undefined : roo189OlderSays.get(said.message.say)
  if (older === undefined) return event
  return { ...event, payload: [{ ...said, message: { ...said.message, say: older } }] }
}

/** An older server's event in today's shape. What is not recognised stays as it is, for the schema to refuse. */
function modernised(value: unknown): unknown {
  if (!isJsonObject(value) || value['type'] !== 'TaskEvent' || !isJsonObject(value['data'])) return value
  const event = value['data']
  const payload = event['payload']
  if (!Array.isArray(payload)) return value
  if (event['eventName'] === 'taskTokenUsageUpdated' && payload.length === 2) {
    return { ...value, data: { ...event, payload: [...payload, {}] } }
  }
  if (event['eventName'] !== 'message') return value
  const said: unknown = payload[0]
  const message = isJsonObject(said) ? said['message'] : undefined
  if (!isJsonObject(said) || !isJsonObject(message)) return value
  const modern = modernisedMessage(message)
  return { ...value, data: { ...event, payload: [{ ...said, message: modern }, ...payload.slice(1)] } }
}

function modernisedMessage(message: Readonly<Record<string, unknown>>): object {
  if (message['ask'] === 'browser_action_launch') return { ...message, ask: 'tool' }
  const say = newerSays.get(message['say'])
  return say === undefined ? message : { ...message, say }
}
