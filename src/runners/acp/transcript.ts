/** What was said in a task so far, as words for an agent that does not know it. */
import { wholeCharacters } from './fields.ts'
import type { TaskMessage } from '../../wire/events.ts'

/** Undefined where nothing was said. At most `charsMax` characters: the end of it. */
export function transcriptText(messages: readonly TaskMessage[], charsMax: number): string | undefined {
  const lines = messages.flatMap((message, index) => {
    const who = speaker(message, index === 0)
    const text = message.text ?? ''
    return who === undefined || text.trim() === '' ? [] : [`${who}: ${text}`]
  })
  if (lines.length === 0) return undefined
  const all = lines.join('\n\n')
  if (all.length <= charsMax) return all
  return `[The beginning is left out.]\n…${all.slice(wholeCharacters(all, all.length - charsMax))}`
}

/** Undefined for what is not worth telling. */
function speaker(message: TaskMessage, isFirst: boolean): string | undefined {
  if (message.type === 'ask') {
    return message.ask === 'command' || message.ask === 'tool' || message.ask === 'use_mcp_server'
      ? 'Tool'
      : undefined
  }
  switch (message.say) {
    case 'text':
      return isFirst ? 'User' : 'Assistant'
    case 'completion_result':
      return 'Assistant'
    case 'user_feedback':
      return 'User'
    case 'command_output':
    case 'mcp_server_response':
      return 'Output'
    default:
      return undefined
  }
}
