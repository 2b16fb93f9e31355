/**
 * What an ask may look like, and whether an answer fits it: one sentence says what does not, for whoever sent it.
 * Pure. The texts of an ask are shown to people: here they are only measured.
 */
import { limits } from '../limits.ts'
import type { Limits } from '../limits.ts'
import type { Ask, AskField, AskKind, AskOption } from '../wire/events.ts'

/** What a run asks. */
export interface Asked {
  readonly kind: AskKind
  readonly text: string
  readonly options?: readonly AskOption[]
  readonly fields?: readonly AskField[]
  /** Milliseconds from now until it ends unanswered. */
  readonly deadlineMs?: number
}

/** What somebody says to it. */
export interface Said {
  readonly option?: string | undefined
  readonly text?: string | undefined
  readonly values?: Readonly<Record<string, string | number | boolean>> | undefined
}

export type AskShapeLimits = Pick<Limits, 'askTextCharsMax' | 'askOptionsMax'>

/** What is wrong with an ask; undefined where it can be shown and answered. */
export function askProblem(asked: Asked, limits: AskShapeLimits): string | undefined {
  const { kind, text, options = [], fields = [], deadlineMs = 0 } = asked
  const { askTextCharsMax, askOptionsMax } = limits
  if (text.length > askTextCharsMax) return `the text of an ask has at most ${askTextCharsMax} characters`
  if (Number.isNaN(deadlineMs) || deadlineMs < 0) return 'deadlineMs is a number of milliseconds from now'
  if (kind === 'approval' && options.length === 0) return 'an approval needs options to choose from'
  if (kind === 'form' && fields.length === 0) return 'a form needs fields to fill in'
  if (kind !== 'form' && fields.length > 0) return 'only a form has fields'
  if (options.length > askOptionsMax || fields.length > askOptionsMax) {
    return `an ask has at most ${askOptionsMax} options or fields`
  }
  const choices = fields.map((field) => field.options ?? [])
  if (choices.some((one) => one.length > askOptionsMax)) return `a field has at most ${askOptionsMax} options`
  if (JSON.stringify([options, fields]).length > askTextCharsMax) {
    return `the options and fields of an ask have at most ${askTextCharsMax} characters in all`
  }
  if ([options, ...choices].some(hasTwins)) return 'each option needs an id of its own'
  if (new Set(fields.map(({ name }) => name)).size < fields.length)
    return 'each field needs a name of its own'
  const empty = fields.find(({ type, options: some }) => type === 'choice' && (some ?? []).length === 0)
  return empty === undefined ? undefined : `the choice ${quoted(empty.name)} needs options to choose from`
}

function hasTwins(options: readonly AskOption[]): boolean {
  return new Set(options.map(({ id }) => id)).size < options.length
}

/** What is wrong with an answer to `ask`, and what would be right; undefined where it fits. `charsMax` bounds it. */
export function answerProblem(ask: Ask, said: Said, charsMax: number): string | undefined {
  const given = Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  const wanted = wantedBy(ask)
  const [one, ...more] = given
  if (one === undefined) return `Nothing is said: this ${ask.kind} takes ${wanted}.`
  if (more.length > 0)
    return `${given.join(' and ')} are given: this ${ask.kind} takes ${wanted}, and nothing else.`
  if (charsOf(said) > charsMax) return `An answer has at most ${charsMax} characters.`
  if (said.values !== undefined && ask.kind === 'form') return formProblem(ask.fields ?? [], said.values)
  if (said.text !== undefined && ask.kind === 'question') return undefined
  if (said.option !== undefined) {
    const options = ask.options ?? []
    if (options.some(({ id }) => id === said.option)) return undefined
    if (options.length > 0) return `It has no such option: choose one of ${listed(options)}.`
  }
  return `This ${ask.kind} takes ${wanted}, not ${one}.`
}

function charsOf({ option = '', text = '', values = {} }: Said): number {
  const chars = Object.entries(values).map(([name, value]) => name.length + String(value).length)
  return chars.reduce((sum, one) => sum + one, option.length + text.length)
}

function wantedBy({ kind, options = [] }: Ask): string {
  if (kind === 'approval') return 'option'
  const whole = kind === 'form' ? 'values' : 'text'
  return options.length === 0 ? whole : `${whole} or option`
}

function formProblem(fields: readonly AskField[], values: NonNullable<Said['values']>): string | undefined {
  const names = fields.map(({ name }) => name)
  const unknown = Object.keys(values).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    return `It has no field ${quoted(unknown)}: its fields are ${names.map((name) => quoted(name)).join(', ')}.`
  }
  for (const field of fields) {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined
    const problem = value === undefined ? missing(field) : valueProblem(field, value)
    if (problem !== undefined) return problem
  }
  return undefined
}

function missing({ name, required }: AskField): string | undefined {
  return required === true ? `The field ${quoted(name)} is required.` : undefined
}

function valueProblem(field: AskField, value: string | number | boolean): string | undefined {
  const { name, type, options = [] } = field
  if (type === 'choice') {
    if (options.some(({ id }) => id === value)) return undefined
    return `The field ${quoted(name)} takes one of ${listed(options)}.`
  }
  const wanted = type === 'text' ? 'string' : type
  return typeof value === wanted ? undefined : `The field ${quoted(name)} takes a ${wanted}.`
}

/** Of long names and long lists the start: enough to know what is meant. */
function quoted(name: string): string {
  const max = limits.quotedNameCharsMax
  return JSON.stringify(name.length > max ? `${name.slice(0, max)}…` : name)
}

function listed(options: readonly AskOption[]): string {
  const shown = options.slice(0, limits.askOptionsTold).map(({ id }) => quoted(id))
  return options.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ')
}

/** The option that an approval by itself takes: the first that allows; undefined where none is known to. */
export function allowing(ask: Ask): AskOption | undefined {
  return ask.options?.find(({ meaning }) => meaning === 'allow')
}

/** The same for a denial. */
export function denying(ask: Ask): AskOption | undefined {
  return ask.options?.find(({ meaning }) => meaning === 'deny')
}
