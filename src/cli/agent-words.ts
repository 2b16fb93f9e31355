/**
 * What an agent says, as it comes, for `run`: its words go to stdout, what it does beside them to stderr, a line each.
 * A message carries its full text in every update; what was given out already is not given again.
 */
import { isJsonObject } from '../wire/json-object.ts'
import { oneLine, plainLines } from './rendering/plain-text.ts'
import type { TaskMessage } from '../wire/events.ts'

export interface Words {
  readonly text: string
  readonly to: 'stdout' | 'stderr'
}

export class AgentWords {
  /** The message that is being said, how much of it was given out, and whether it stands in the middle of a line. */
  #ts = -1
  #given = 0
  #isMidLine = false
  /** Messages that were told in one line. */
  readonly #told = new Set<number>()

  /** What is new in `message`; the prompt, which is the task's first message, is not to be given here. */
  fresh(message: TaskMessage): Words[] {
    if (message.say === 'text' || message.say === 'completion_result') return this.#said(message)
    const line = lineOf(message)
    if (line === undefined || message.partial === true || this.#told.has(message.ts)) return []
    this.#told.add(message.ts)
    return [...this.end(), { text: `${line}\n`, to: 'stderr' }]
  }

  /** Ends the line that is begun. */
  end(): Words[] {
    if (!this.#isMidLine) return []
    this.#isMidLine = false
    return [{ text: '\n', to: 'stdout' }]
  }

  #said({ ts, text = '' }: TaskMessage): Words[] {
    if (ts < this.#ts) return []
    const before = ts > this.#ts ? this.end() : []
    if (ts > this.#ts) [this.#ts, this.#given] = [ts, 0]
    const fresh = text.slice(this.#given)
    this.#given = Math.max(this.#given, text.length)
    if (fresh === '') return before
    this.#isMidLine = !fresh.endsWith('\n')
    return [...before, { text: fit(fresh), to: 'stdout' }]
  }
}

/** As it may stand on a terminal. A line end at the end stays. */
function fit(text: string): string {
  return `${plainLines(text).join('\n')}${text.endsWith('\n') ? '\n' : ''}`
}

/** Undefined for what is not shown: thoughts, output, use, and what has words of its own. */
function lineOf(message: TaskMessage): string | undefined {
  if (message.ask === 'command') return `$ ${oneLine(message.text ?? '')}`
  if (message.ask === 'tool' || message.say === 'tool' || message.ask === 'use_mcp_server') {
    return `* ${toolLine(message.text ?? '')}`
  }
  if (message.say === 'user_edit_todos') return `* ${planLine(message.text ?? '')}`
  return message.say === 'rooignore_error' ? `! kept from ${oneLine(message.text ?? '')}` : undefined
}

function toolLine(text: string): string {
  const call = parsed(text)
  const { title, tool, path, serverName, toolName } = call
  if (typeof serverName === 'string') return oneLine(`${serverName}: ${String(toolName)}`)
  const what = typeof title === 'string' ? title : String(tool)
  return oneLine(typeof path === 'string' && !what.includes(path) ? `${what} (${path})` : what)
}

function planLine(text: string): string {
  const { todos } = parsed(text)
  const all = Array.isArray(todos) ? todos.filter(isJsonObject) : []
  const done = all.filter(({ status }) => status === 'completed').length
  const now = all.find(({ status }) => status === 'in_progress')
  return oneLine(
    `plan: ${done} of ${all.length} done${now === undefined ? '' : `, now: ${String(now['content'])}`}`,
  )
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}
