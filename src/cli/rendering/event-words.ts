/** What an event says to a person, in a few words. Output is not among them: output-lines.ts shows it as it is. */
import { oneLine } from './plain-text.ts'
import type { Colour } from './paint.ts'
import type { Exit, TaskEvent, TaskMessage } from '../../wire/events.ts'

export interface Words {
  readonly text: string
  readonly colour?: Colour
}

type QuietEvent = 'taskTokenUsageUpdated' | 'taskFocused' | 'taskActive' | 'taskIdle' | 'commandsResponse'
type Wordless = QuietEvent | 'modesResponse' | 'modelsResponse'

const wordless: ReadonlySet<string> = new Set<Wordless>([
  ...(['taskTokenUsageUpdated', 'taskFocused', 'taskActive', 'taskIdle'] as const),
  ...(['commandsResponse', 'modesResponse', 'modelsResponse'] as const),
])

const known: Partial<Record<TaskEvent['eventName'], Words>> = {
  taskCreated: { text: 'created' },
  taskStarted: { text: 'started', colour: 'blue' },
  taskCompleted: { text: 'completed', colour: 'green' },
  taskAborted: { text: 'aborted', colour: 'magenta' },
  taskResumable: { text: 'can be resumed', colour: 'yellow' },
  taskInteractive: { text: 'waits for an answer', colour: 'yellow' },
  taskUnfocused: { text: 'closed', colour: 'gray' },
}

/** The words for `event`; undefined where it tells a person nothing. */
export function eventWords(event: TaskEvent): Words | undefined {
  if (wordless.has(event.eventName)) return undefined
  switch (event.eventName) {
    case 'message':
      return messageWords(event.payload[0].message)
    case 'taskExited':
      return { text: exitWords(event.payload[1]), ...(event.payload[1].code === 0 ? {} : { colour: 'red' }) }
    case 'queuedMessagesUpdated':
      return { text: `${event.payload[1].length} messages wait` }
    case 'taskToolFailed':
      return { text: `tool ${oneLine(event.payload[1])} failed: ${oneLine(event.payload[2])}`, colour: 'red' }
    case 'taskModeSwitched':
      return { text: `mode ${oneLine(event.payload[1])}` }
    case 'daemonDraining':
      return {
        text: `the daemon is stopping, within ${event.payload[0].deadlineMs / 1_000} s`,
        colour: 'yellow',
      }
    default:
      return known[event.eventName] ?? { text: event.eventName }
  }
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
  const kind = message.say ?? message.ask ?? 'message'
  return {
    text: kind === 'text' ? text : `${kind}: ${text}`,
    ...(message.type === 'ask' ? { colour: 'yellow' } : {}),
  }
}
