/**
 * The original design document's shapes, for clients written from it. Inside the daemon they become those of `roo`;
 * what the document has no words for is left out, and the extension `callboard/1` is refused. The trap: a refusal's
 * Reply goes out in the shapes of `roo`, since only a client of `roo` gives its messages a requestId.
 */
import { commandNames } from '../commands.ts'
import type { Ack, ClientMessage, EventMessage, ServerMessage } from '../envelope.ts'
import type { TaskEvent } from '../events.ts'
import { isJsonObject } from '../json-object.ts'
import { accepted, refused } from '../rejection.ts'
import type { Outcome } from '../rejection.ts'
import { checked, parseFromClient as parseCommandOfRoo } from './parse.ts'
import { seedAckSchema, seedCommandNames, seedEventMessageSchema } from './seed-messages.ts'
import { seedMessageType, seedOrigin } from './seed-messages.ts'
import type { SeedTaskEvent } from './seed-messages.ts'
import type { Vocabulary } from './vocabulary.ts'

export const seed: Vocabulary = { name: 'seed', parseFromClient, parseFromServer, toClient, toServer }

const rooHere =
  'origin "client" looks like the vocabulary roo, and this listener speaks seed: connect to a …+roo listener, ' +
  'or send origin "Client" and the shapes of seed.'
const rooThere = 'origin "server" looks like the vocabulary roo: this socket is of a …+roo listener.'
const noExtension =
  'is of the extension callboard/1, which the vocabulary seed does not have: use a …+roo listener.'
const noAnswer = 'is answered in shapes that the vocabulary seed does not have: use a …+roo listener.'

const seedNames = [...seedCommandNames]
const rooOnly = new Set(commandNames.filter((name) => !seedCommandNames.has(name)))

// --- from a client ---------------------------------------------------------------------------------------------------

function parseFromClient(value: unknown): Outcome<ClientMessage> {
  if (!isJsonObject(value)) return refused('invalid_frame', 'A message is a JSON object.')
  const { type, origin, data } = value
  if (origin === 'client') return refused('invalid_frame', rooHere)
  if (type === 'Hello') return refused('unsupported', `Hello ${noExtension}`)
  if (type !== seedMessageType.TaskCommand) {
    return refused('invalid_frame', 'A client of seed sends TaskCommand, and nothing else.')
  }
  if (origin !== seedOrigin.Client) return refused('invalid_frame', 'TaskCommand origin: expected "Client"')
  if (isPresent(value['requestId'])) return refused('unsupported', `requestId ${noExtension}`)
  const name = isJsonObject(data) ? data['commandName'] : undefined
  if (typeof name === 'string' && rooOnly.has(name)) return refused('unsupported', `${name} ${noAnswer}`)
  const clientId = alias(value, 'clientId', 'client_id')
  if (!clientId.ok) return clientId
  const command = isJsonObject(data)
    ? present({ commandName: name, data: argument(name, data['data']) })
    : data
  const beside = present({ clientId: clientId.value })
  return parseCommandOfRoo({ type, origin: 'client', ...beside, data: command }, seedNames)
}

/** A command's data with its other names taken and `null` taken away, where a field may be missing. */
function argument(commandName: unknown, data: unknown): unknown {
  if (!isJsonObject(data)) return data
  if (commandName === 'StartNewTask') {
    const { configuration, text, images, newTab, new_tab } = data
    return present({ configuration: withoutNulls(configuration), text, images, newTab: newTab ?? new_tab })
  }
  if (commandName === 'SendMessage') {
    const { text, images, taskId } = data
    return present({ text, images, taskId })
  }
  return data
}

/** Only in our own part: the rest of a configuration is its runner's, to whom `null` may mean something. */
function withoutNulls(configuration: unknown): unknown {
  if (!isJsonObject(configuration) || !('callboard' in configuration)) return configuration
  const { callboard } = configuration
  return { ...configuration, callboard: isJsonObject(callboard) ? present(callboard) : callboard }
}

/** The fields that are there: neither missing nor `null`. */
function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isPresent(value)))
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** A field under its two names. Both with different values are a mistake of the client's. */
function alias(fields: Readonly<Record<string, unknown>>, one: string, other: string): Outcome<unknown> {
  const [first, second] = [fields[one] ?? undefined, fields[other] ?? undefined]
  if (first !== undefined && second !== undefined && first !== second) {
    return refused('invalid_frame', `${one} and ${other} differ: send one of them.`)
  }
  return accepted(first ?? second)
}

// --- to a client -----------------------------------------------------------------------------------------------------

function toClient(message: ServerMessage): object | undefined {
  if (message.type === 'Ack') return sayAck(message)
  if (message.type === 'Gap') return undefined
  if (message.type === 'Reply') return message
  const data = sayEvent(message)
  return data === undefined ? undefined : { type: message.type, origin: seedOrigin.Server, data }
}

/** `clientId` under both names in both places: the document's TypeScript reads it in the data, its Rust beside. */
function sayAck({ data: { clientId, pid, ppid } }: Ack): object {
  const names = { clientId, client_id: clientId }
  return {
    type: seedMessageType.Ack,
    origin: seedOrigin.Server,
    ...names,
    data: { ...names, pid, ppid },
  }
}

/** The event in the document's shape; undefined where it has none. */
export function sayEvent({ data: event, at: timestamp = 0 }: EventMessage): SeedTaskEvent | undefined {
  switch (event.eventName) {
    case 'taskStarted':
      return { type: 'TaskStarted', taskId: event.payload[0], timestamp }
    case 'taskCompleted':
      return { type: 'TaskCompleted', taskId: event.payload[0], timestamp }
    case 'taskAborted':
      return { type: 'TaskAborted', taskId: event.payload[0], timestamp }
    case 'message': {
      const [{ taskId, message }] = event.payload
      return { type: 'Message', taskId, message }
    }
    default:
      return undefined
  }
}

// --- the client's end ------------------------------------------------------------------------------------------------

function parseFromServer(value: unknown): Outcome<ServerMessage> {
  if (!isJsonObject(value)) return refused('invalid_frame', 'A message is a JSON object.')
  if (value['origin'] === 'server') return refused('invalid_frame', rooThere)
  if (value['type'] === seedMessageType.Ack) return hearAck(value)
  if (value['type'] === seedMessageType.TaskEvent) return hearEvent(value)
  return refused('invalid_frame', 'A server of seed sends Ack or TaskEvent, and nothing else.')
}

function hearAck(value: unknown): Outcome<Ack> {
  const parsed = checked(seedAckSchema, value, 'Ack')
  if (!parsed.ok) return parsed
  const { data, ...beside } = parsed.value
  const clientId = data.clientId ?? data.client_id ?? beside.clientId ?? beside.client_id
  if (typeof clientId !== 'string') return refused('invalid_frame', 'Ack data.clientId: expected a string')
  return accepted({ type: 'Ack', origin: 'server', data: { clientId, pid: data.pid, ppid: data.ppid } })
}

function hearEvent(value: unknown): Outcome<EventMessage> {
  const parsed = checked(seedEventMessageSchema, value, 'TaskEvent')
  if (!parsed.ok) return parsed
  const { data: said } = parsed.value
  const at = said.type === 'Message' ? {} : { at: said.timestamp }
  return accepted({ type: 'TaskEvent', origin: 'server', task: said.taskId, ...at, data: eventOf(said) })
}

const noUsage = { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0, contextTokens: 0 }

/** What the document's shapes do not say is the least that it can be: no use of tokens, a new message. */
function eventOf(said: SeedTaskEvent): TaskEvent {
  const { taskId } = said
  switch (said.type) {
    case 'TaskStarted':
      return { eventName: 'taskStarted', payload: [taskId] }
    case 'TaskCompleted':
      return { eventName: 'taskCompleted', payload: [taskId, noUsage, {}, { isSubtask: false }] }
    case 'TaskAborted':
      return { eventName: 'taskAborted', payload: [taskId] }
    case 'Message':
      return {
        eventName: 'message',
        payload: [{ taskId, action: 'created', message: said.message }],
      }
  }
}

function toServer(message: ClientMessage): object {
  const { type, clientId, data } = message
  return { type, origin: seedOrigin.Client, clientId, client_id: clientId, data }
}
