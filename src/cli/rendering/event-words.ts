/** What an event says to a person, in a few words. Output is not among them: output-lines.ts shows it as it is. */
import { shortId } from '../task-id.ts'
import { askText, outcomeWords } from './ask-words.ts'
import { oneLine } from './plain-text.ts'
import { isJsonObject } from '../../wire/json-object.ts'
import type { Colour } from './paint.ts'
import type { Exit, Holder, TaskEvent, TaskMessage } from '../../wire/events.ts'

export interface Words {
  readonly text: string
  readonly colour?: Colour
}

type EventName = TaskEvent['eventName']

/** What tells a person nothing, or is said by a message too. */
const quiet = [
  'taskTokenUsageUpdated',
  'taskFocused',
  'taskActive',
  'taskIdle',
  'taskInteractive',
  'taskAskResponded',
  'agentUpdated',
  'commandsResponse',
  'modesResponse',
  'modelsResponse',
] as const satisfies readonly EventName[]
type QuietEvent = (typeof quiet)[number]
const quietNames: ReadonlySet<string> = new Set(quiet)

type Fixed = Extract<TaskEvent, { payload: [string] }>['eventName']

/** Events that say one thing each: their tasks are shown before the words. */
const fixed: Readonly<Record<Exclude<Fixed, QuietEvent>, Words>> = {
  taskCreated: { text: 'created' },
  taskStarted: { text: 'started', colour: 'blue' },
  taskAborted: { text: 'aborted', colour: 'magenta' },
  taskResumable: { text: 'can be resumed', colour: 'yellow' },
  taskUnfocused: { text: 'closed', colour: 'gray' },
  taskPaused: { text: 'paused', colour: 'gray' },
  taskUnpaused: { text: 'goes on', colour: 'blue' },
}

/** The words for `event`; undefined where it tells a person nothing. */
export function eventWords(event: TaskEvent): Words | undefined {
  if (isQuiet(event)) return undefined
  switch (event.eventName) {
    case 'message':
      return messageWords(event.payload[0].message)
    case 'taskCompleted':
      return { text: 'completed', colour: 'green' }
    case 'taskExited':
      return { text: exitWords(event.payload[1]), ...(event.payload[1].code === 0 ? {} : { colour: 'red' }) }
    case 'taskToolFailed':
      return { text: `tool ${oneLine(event.payload[1])} failed: ${oneLine(event.payload[2])}`, colour: 'red' }
    case 'taskModeSwitched':
      return { text: `mode ${oneLine(event.payload[1])}` }
    case 'queuedMessagesUpdated':
      return { text: `${event.payload[1].length} messages wait` }
    case 'taskSpawned':
    case 'taskDelegated':
    case 'taskDelegationCompleted':
    case 'taskDelegationResumed':
      return childWords(event)
    case 'askOpened':
    case 'askResolved':
    case 'leaseChanged':
    case 'taskQueued':
    case 'clientsChanged':
    case 'daemonDraining':
      return nativeWords(event)
    default:
      return fixed[event.eventName]
  }
}

function isQuiet(event: TaskEvent): event is Extract<TaskEvent, { eventName: QuietEvent }> {
  return quietNames.has(event.eventName)
}

type ChildEvent = Extract<TaskEvent, { eventName: 'taskSpawned' | `taskDelegat${string}` }>

function childWords(event: ChildEvent): Words {
  const child = shortId(oneLine(event.payload[1]))
  switch (event.eventName) {
    case 'taskSpawned':
      return { text: `spawned ${child}` }
    case 'taskDelegated':
      return { text: `handed over to ${child}` }
    case 'taskDelegationResumed':
      return { text: `goes on after ${child}` }
    case 'taskDelegationCompleted':
      return { text: `got back from ${child}: ${oneLine(event.payload[2])}` }
  }
}

type NativeEvent = Extract<
  TaskEvent,
  {
    eventName:
      'askOpened' | 'askResolved' | 'leaseChanged' | 'taskQueued' | 'clientsChanged' | 'daemonDraining'
  }
>

function nativeWords(event: NativeEvent): Words {
  switch (event.eventName) {
    case 'askOpened':
      return { text: `asks ${shortId(event.payload[1].id)}: ${askText(event.payload[1])}`, colour: 'yellow' }
    case 'askResolved':
      return { text: `ask ${shortId(event.payload[1].id)}: ${outcomeWords(event.payload[1])}` }
    case 'leaseChanged':
      return { text: leaseWords(event.payload[1]) }
    case 'taskQueued':
      return { text: `waits in the queue, place ${event.payload[1].place}`, colour: 'gray' }
    case 'clientsChanged':
      return { text: presenceWords(event.payload[0]), colour: 'gray' }
    case 'daemonDraining': {
      const text = `the daemon is stopping, within ${event.payload[0].deadlineMs / 1_000} s`
      return { text, colour: 'yellow' }
    }
  }
}

type LeaseChange = Extract<TaskEvent, { eventName: 'leaseChanged' }>['payload'][1]

function leaseWords({ why, holder, from }: LeaseChange): string {
  const until =
    holder?.until === undefined ? '' : ` until ${new Date(holder.until).toTimeString().slice(0, 8)}`
  const who = holder === undefined ? 'nobody' : holderWords(holder)
  const before = from === undefined ? 'its holder' : holderWords(from)
  switch (why) {
    case 'claimed':
      return `held by ${who}${until}`
    case 'renewed':
      return `still held by ${who}${until}`
    case 'stolen':
      return `taken over from ${before} by ${who}${until}`
    case 'released':
      return `released by ${before}`
    case 'expired':
      return `the lease of ${before} has expired`
    case 'left':
      return `no longer held: ${before} has gone`
    case 'closed':
      return 'no longer held: it is closed'
  }
}

/** Who holds a task: the client's name where it said one, and its id, which tells it from its likes. */
export function holderWords({ client, clientId }: Holder): string {
  return client === undefined ? oneLine(clientId) : oneLine(`${client} (${clientId})`)
}

type Presence = Extract<TaskEvent, { eventName: 'clientsChanged' }>['payload'][0]

function presenceWords({ joined, left }: Presence): string {
  const names = (clients: Presence['joined']): string =>
    oneLine(clients.map((one) => `${one.name} (${one.clientId})`).join(', '))
  const parts = [
    ...(joined.length === 0 ? [] : [`connected: ${names(joined)}`]),
    ...(left.length === 0 ? [] : [`gone: ${names(left)}`]),
  ]
  return parts.join('; ')
}

/** How a command ended. */
export function exitWords(exit: Exit): string {
  if (exit.signal !== undefined) return `ended by ${exit.signal}`
  return exit.code === undefined ? 'ended' : `exited with code ${exit.code}`
}

function messageWords(message: TaskMessage): Words | undefined {
  if (message.partial === true || message.say === 'command_output') return undefined
  const text = oneLine(message.text ?? '')
  if (message.say === 'error') return { text: `error: ${text}`, colour: 'red' }
  if (message.say === 'completion_result') return { text, colour: 'green' }
  if (message.ask === 'completion_result') return undefined
  if (message.type === 'ask') return { text: `asks: ${questionOf(text)}`, colour: 'yellow' }
  const kind = message.say ?? 'message'
  return { text: kind === 'text' ? text : `${kind}: ${text}` }
}

/** A follow-up question travels as JSON, beside what may be answered. */
function questionOf(text: string): string {
  try {
    const said: unknown = JSON.parse(text)
    const question = isJsonObject(said) ? said['question'] : undefined
    return typeof question === 'string' ? oneLine(question) : text
  } catch {
    return text
  }
}
