/**
 * What an agent says, as it comes, for `run`: its words go to stdout, what it does beside them to stderr, a line each,
 * changes of files as the start of their patch. A message carries its full text in every update; what was given out
 * already is not given again.
 */
import { limits } from '../limits.ts'
import { isJsonObject } from '../wire/json-object.ts'
import { oneLine, plainLines } from './rendering/plain-text.ts'
import type { TaskEvent, TaskMessage } from '../wire/events.ts'

export interface Words {
  readonly text: string
  readonly to: 'stdout' | 'stderr'
}

export class AgentWords {
  /** The message that is being said, how much of it was given out, and whether it stands in the middle of a line. */
  #ts = -1
  #given = 0
  #isMidLine = false
  #isMidOutput = false
  /** Messages that were told in one line. */
  readonly #told = new Set<number>()

  /** What is new in `message`; the prompt, which is the task's first message, is not to be given here. */
  fresh(message: TaskMessage): Words[] {
    if (message.say === 'text' || message.say === 'completion_result') return this.#said(message)
    const line = lineOf(message)
    if (line === undefined || message.partial === true || this.#told.has(message.ts)) return []
    this.#told.add(message.ts)
    return this.line(line)
  }

  /** A failed tool, another mode. */
  freshEvent(event: TaskEvent): Words[] {
    if (event.eventName === 'taskModeSwitched') return this.line(`* mode: ${oneLine(event.payload[1])}`)
    if (event.eventName !== 'taskToolFailed') return []
    const [, tool, whole] = event.payload
    const why = whole.slice(0, limits.toolFailureCharsMax)
    return this.line(`! ${oneLine(tool)} failed: ${oneLine(why)}`)
  }

  /** What a command that the agent runs wrote, as it came. */
  output(bytes: Buffer): Words[] {
    const before: Words[] = this.#isMidLine ? [{ text: '\n', to: 'stdout' }] : []
    this.#isMidLine = false
    this.#isMidOutput = bytes.at(-1) !== 0x0a
    return before
  }

  line(text: string): Words[] {
    return [...this.end(), { text: `${text}\n`, to: 'stderr' }]
  }

  /** Ends the line that is begun. */
  end(): Words[] {
    const [midLine, midOutput] = [this.#isMidLine, this.#isMidOutput]
    this.#isMidLine = false
    this.#isMidOutput = false
    return [
      ...(midLine ? [{ text: '\n', to: 'stdout' } as const] : []),
      ...(midOutput ? [{ text: '\n', to: 'stderr' } as const] : []),
    ]
  }

  #said({ ts, text: whole = '' }: TaskMessage): Words[] {
    if (ts < this.#ts) return []
    // Many begin a message with line ends, or a space from before a tool.
    const text = whole.replace(/^\n+| (?!\s)/y, '')
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
  if (message.say === 'image') return '* an image'
  if (message.say === 'user_edit_todos') return `* ${planLine(message.text ?? '')}`
  return message.say === 'rooignore_error' ? `! kept from ${oneLine(message.text ?? '')}` : undefined
}

function toolLine(text: string): string {
  const call = parsed(text)
  const { title, tool, path, serverName, toolName, diff } = call
  if (typeof serverName === 'string') return oneLine(`${serverName}: ${String(toolName)}`)
  const what = typeof title === 'string' ? title : String(tool)
  const line = oneLine(typeof path === 'string' && !what.includes(path) ? `${what} (${path})` : what)
  return typeof diff === 'string' ? `${line}\n${patchLines(diff)}` : line
}

/** Without its heads, which name the file once more; of a long one the start. */
function patchLines(diff: string): string {
  const lines = plainLines(diff.trimEnd()).filter((line) => !/^(?:---|\+\+\+) /.test(line))
  const more = lines.length - limits.patchLinesMax
  const shown = lines.slice(0, limits.patchLinesMax).map((line) => `  ${line}`)
  return [...shown, ...(more > 0 ? [`  … ${more} more lines`] : [])].join('\n')
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
