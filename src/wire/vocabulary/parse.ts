/**
 * Validation against the schemas, for every vocabulary in today's shapes, and the words of its refusals: they name the
 * place, what was expected there, and for an unknown name the one that may have been meant. Names are looked at before
 * a schema is, since a schema's refusal costs far more than its acceptance.
 */
import type { z } from 'zod'
import { limits } from '../../limits.ts'
import { commandNames } from '../commands.ts'
import { ackSchema, commandMessageSchema, eventMessageSchema, gapSchema, helloSchema } from '../envelope.ts'
import { helloRequestId, replySchema } from '../envelope.ts'
import type { ClientMessage, ServerMessage } from '../envelope.ts'
import { isJsonObject } from '../json-object.ts'
import { nearest } from '../nearest.ts'
import { printable, printableName } from '../printable.ts'
import { accepted, refused } from '../rejection.ts'
import type { Outcome } from '../rejection.ts'

/** What a client of the other vocabulary is told, and whoever reads the log. */
const seedHere =
  'origin "Client" looks like the vocabulary seed, and this listener speaks roo: connect to a …+seed listener, ' +
  'or send origin "client" and the shapes of roo.'
const seedThere = 'origin "Server" looks like the vocabulary seed: this socket is of a …+seed listener.'

const knownCommands = new Set(commandNames)

/** Validates a client's message. `names`: the commands that its listener takes, for who misspells one. */
export function parseFromClient(
  value: unknown,
  names: readonly string[] = commandNames,
): Outcome<ClientMessage> {
  if (!isJsonObject(value)) return refused('invalid_frame', 'A message is a JSON object.')
  if (value['origin'] === 'Client') return refused('invalid_frame', seedHere)
  const type = value['type']
  if (type === 'TaskCommand') return parseCommand(value['data'], value, names)
  if (type === 'Hello') return checked(helloSchema, value, 'Hello')
  return refused('invalid_frame', `A client sends TaskCommand or Hello, not ${quoted(type)}.`)
}

/** Validates a server's message. */
export function parseFromServer(value: unknown): Outcome<ServerMessage> {
  if (isJsonObject(value) && value['origin'] === 'Server') return refused('invalid_frame', seedThere)
  const type = isJsonObject(value) ? value['type'] : undefined
  if (type === 'TaskEvent') return checked(eventMessageSchema, value, 'TaskEvent')
  if (type === 'Reply') return checked(replySchema, value, 'Reply')
  if (type === 'Ack') return checked(ackSchema, value, 'Ack')
  if (type === 'Gap') return checked(gapSchema, value, 'Gap')
  return refused('invalid_frame', `A server sends Ack, TaskEvent, Reply or Gap, not ${quoted(type)}.`)
}

/** The id under which a client's message can be answered, also where the message was refused. */
export function requestIdOf(value: unknown): string | undefined {
  if (!isJsonObject(value)) return undefined
  if (value['type'] === 'Hello') return helloRequestId
  const id = value['requestId']
  return typeof id === 'string' && id.length > 0 && id.length <= limits.requestIdCharsMax ? id : undefined
}

/** The text of a client's StartNewTask, also where the message was refused; empty where it has none. */
export function startTextOf(value: unknown): string | undefined {
  const command = isJsonObject(value) && value['type'] === 'TaskCommand' ? value['data'] : undefined
  if (!isJsonObject(command) || command['commandName'] !== 'StartNewTask') return undefined
  const text = isJsonObject(command['data']) ? command['data']['text'] : undefined
  return typeof text === 'string' ? text : ''
}

function parseCommand(command: unknown, message: unknown, names: readonly string[]): Outcome<ClientMessage> {
  const name = isJsonObject(command) ? command['commandName'] : undefined
  if (typeof name !== 'string') return refused('invalid_command', 'TaskCommand: data.commandName is missing.')
  if (!knownCommands.has(name)) return unknownCommand(name, names)
  const parsed = commandMessageSchema.safeParse(message)
  if (parsed.success) return accepted(parsed.data)
  const issue = parsed.error.issues[0]
  if (issue?.path[0] !== 'data') return invalid('invalid_frame', 'TaskCommand', issue?.path, issue)
  return invalid('invalid_command', name, issue.path.slice(1), issue)
}

function unknownCommand(name: string, names: readonly string[]): Outcome<ClientMessage> {
  const meant = nearest(name, names)
  const hint = meant === undefined ? `Known are ${names.join(', ')}.` : `Did you mean ${meant}?`
  return refused('invalid_command', `There is no command ${quoted(name)}. ${hint}`)
}

/** Validates against one schema; `what` names the message in the refusal. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): Outcome<T> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return accepted(parsed.data)
  const issue = parsed.error.issues[0]
  return invalid('invalid_frame', what, issue?.path, issue)
}

function invalid(
  code: 'invalid_frame' | 'invalid_command',
  what: string,
  path: readonly PropertyKey[] = [],
  issue?: { readonly message: string },
): Outcome<never> {
  const place = path.length === 0 ? '' : ` ${printableName(path.map(String).join('.'))}:`
  return refused(code, `${what}:${place} ${printable(issue?.message ?? 'not valid')}`)
}

function quoted(name: unknown): string {
  return typeof name === 'string' ? `"${printableName(name)}"` : 'a message without a type'
}
