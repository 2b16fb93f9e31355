/**
 * What ends a run of an agent other than its own word, as sentences for people. The agent's own words are quoted short
 * and printable: they come from a model, from the network, from anywhere.
 */
import { limits as defaults } from '../../limits.ts'
import { isJsonObject } from '../../wire/json-object.ts'
import { printable } from '../../wire/printable.ts'
import { objectsAt, textAt } from './fields.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { RunResult } from '../runner.ts'

/** Ends the run: `message` is what clients are told. */
export class AgentFailure extends Error {
  override readonly name = 'AgentFailure'
  readonly ask: RunResult['ask']
  readonly exit: RunResult['exit']
  /** What the agent wrote beside the protocol may say why; elsewhere it would only hide that. */
  readonly isUnexplained: boolean

  constructor(
    message: string,
    more: Pick<RunResult, 'ask' | 'exit'> & { readonly isUnexplained?: boolean } = {},
  ) {
    super(message)
    this.ask = more.ask
    this.exit = more.exit
    this.isUnexplained = more.isUnexplained ?? false
  }
}

/** Goes back to the agent as the error of its request; `code` is the protocol's. */
export class AgentRefusal extends Error {
  override readonly name = 'AgentRefusal'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export const invalidParams = -32_602
export const notFound = -32_002
export const authRequired = -32_000

/** How a turn ended that did not end well, by the agent's stop reason. */
export function turnFailure(stopReason: string): AgentFailure {
  switch (stopReason) {
    case 'refusal':
      return new AgentFailure('The agent refuses to go on with this.', { ask: 'api_req_failed' })
    case 'max_tokens':
      return new AgentFailure('The agent has reached its limit of tokens: resume the task to let it go on.', {
        ask: 'mistake_limit_reached',
      })
    case 'max_turn_requests':
      return new AgentFailure(
        'The agent has made as many requests as it may in one turn: resume the task to let it go on.',
        {
          ask: 'auto_approval_max_req_reached',
        },
      )
    case 'cancelled':
      return new AgentFailure('The agent has cancelled its turn.', { ask: 'resume_task' })
    default:
      return new AgentFailure(
        `The agent has ended its turn for a reason that is not known here: ${quoted(stopReason)}.`,
        {
          ask: 'resume_task',
        },
      )
  }
}

/** An error that the agent answered with, to the request `method`. */
export function errorAnswer(error: unknown, method: string): AgentFailure {
  const { code, message, data } = partsOf(error)
  const details = isJsonObject(data) ? (textAt(data, 'details') ?? textAt(data, 'message')) : data
  const more = typeof details === 'string' && details !== message ? `; ${quoted(details)}` : ''
  const where = code === undefined ? '' : `, code ${code}`
  return new AgentFailure(`The agent answered ${method} with an error: ${quoted(message)}${more}${where}.`, {
    ask: 'api_req_failed',
    isUnexplained: more === '' && saysNothing.test(message.trim()),
  })
}

/** The names that codes of errors have by themselves. */
const saysNothing = /^(?:(?:internal|server|parse|unknown) error|error|invalid (?:request|params)|)\.?$/i

export function codeOf(error: unknown): number | undefined {
  return partsOf(error).code
}

/** How to log in: what the agent itself says and names, and what is known of it here. */
export function notLoggedIn(
  error: unknown,
  initialized: JsonObject,
  knownLogin: string | undefined,
): AgentFailure {
  const { message } = partsOf(error)
  const own = /^auth(?:entication)?[ _](?:is )?required\.?$/i.test(message.trim())
    ? ''
    : `: ${quoted(message)}`
  const methods = (objectsAt(initialized, 'authMethods', defaults.agentLoginsTold) ?? []).map((method) => {
    const about = textAt(method, 'description') ?? textAt(method, 'name') ?? ''
    return `${quoted(textAt(method, 'id') ?? '')}${about === '' ? '' : ` (${printable(about)})`}`
  })
  const byHand = knownLogin === undefined ? 'Log in with its own program' : `Log in: ${knownLogin}`
  const byMethod =
    methods.length === 0
      ? ''
      : `; or set "authMethod" of its profile to one of its ways: ${methods.join(', ')}`
  return new AgentFailure(`The agent wants a login first (-32000)${own}. ${byHand}${byMethod}.`, {
    ask: 'api_req_failed',
  })
}

/** It ended although it had not been told to. */
export function died(
  exit: { code: number | null; signal: NodeJS.Signals | null },
  during: string,
): AgentFailure {
  const how = exit.signal === null ? `with exit code ${exit.code ?? 0}` : `by ${exit.signal}`
  return new AgentFailure(`The agent ended ${how} ${during}.`, {
    ask: 'resume_task',
    isUnexplained: true,
    exit: exit.signal === null ? { code: exit.code ?? 0 } : { signal: exit.signal },
  })
}

/** What went wrong, with the last words of stderr and the first words of what was no message, where that may say why. */
export function withLastWords(error: Error, stderr: string, garbage: string): string {
  const { message } = error
  if (error instanceof AgentFailure && !error.isUnexplained) return message
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  const last = quoted(lines.slice(-5).join(' | '), defaults.agentWordsCharsMax)
  const said = lines.length === 0 ? '' : ` It last wrote: ${last}.`
  const odd = garbage === '' ? '' : ` It wrote what is no message of the protocol: ${quoted(garbage)}.`
  return `${message}${odd}${said}`
}

/** In quotation marks that do not stand in it. */
function quoted(text: string, charsMax?: number): string {
  const trimmed = text.trim()
  const bare = /^"[^"]*"$/.test(trimmed) ? trimmed.slice(1, -1) : trimmed
  const mark = bare.includes('"') && !bare.includes("'") ? "'" : '"'
  return `${mark}${printable(mark === '"' ? bare.replaceAll('"', "'") : bare, charsMax)}${mark}`
}

function partsOf(error: unknown): {
  readonly code?: number
  readonly message: string
  readonly data?: unknown
} {
  const message = error instanceof Error ? error.message : String(error)
  if (typeof error !== 'object' || error === null) return { message }
  const { code, data }: { code?: unknown; data?: unknown } = error
  return { ...(typeof code === 'number' ? { code } : {}), message, data }
}
