/**
 * Today's Roo Code: `@roo-code/types` 1.115.0, and in it the extension `callboard/1`. The journal keeps events in this
 * vocabulary. Which links may see Callboard's own events is not decided here.
 */
import type { EventMessage, ServerMessage } from '../envelope.ts'
import type { TaskEvent } from '../events.ts'
import { parseFromClient, parseFromServer } from './parse.ts'
import { renameTools, rooToolName } from './tool-names.ts'
import type { Vocabulary } from './vocabulary.ts'

export const roo: Vocabulary = {
  name: 'roo',
  parseFromClient,
  parseFromServer,
  toClient,
  toServer: (message) => message,
}

/** Most events are said as they are: only one that is renamed needs an envelope of its own. */
function toClient(message: ServerMessage): object {
  if (message.type !== 'TaskEvent') return message
  const said = speak(message.data)
  return said === message.data ? message : envelope(message, said)
}

/** An event's frame with its keys in the order of the wire. JSON leaves out the undefined ones. */
export function envelope(message: EventMessage, data: object): object {
  return {
    type: message.type,
    origin: message.origin,
    relayClientId: message.relayClientId,
    seq: message.seq,
    task: message.task,
    at: message.at,
    by: message.by,
    causedBy: message.causedBy,
    data,
  }
}

/** The event under names that 1.115 clients know. */
export function speak(event: TaskEvent): object {
  if (event.eventName === 'taskCompleted') {
    const [id, tokens, tools, subtask] = event.payload
    return { ...event, payload: [id, tokens, renameTools(tools, rooToolName), subtask] }
  }
  if (event.eventName === 'taskTokenUsageUpdated') {
    const [id, tokens, tools] = event.payload
    return { ...event, payload: [id, tokens, renameTools(tools, rooToolName)] }
  }
  if (event.eventName === 'taskToolFailed') {
    const [id, tool, error] = event.payload
    return { ...event, payload: [id, rooToolName(tool), error] }
  }
  return event
}
