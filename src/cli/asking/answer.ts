/**
 * What somebody typed, as the answer to an ask. An option is meant by its id, its label, a unique beginning of either,
 * or its number; where an ask takes text, text is what is left. What fits nothing is told what would. The trap: where
 * options are only ways not to answer a question, a number is an answer.
 */
import type { AskResponse } from '../../client/callboard-client.ts'
import type { Ask, AskField, AskOption } from '../../wire/events.ts'
import { formText, optionsText } from '../rendering/ask-words.ts'
import { oneLine } from '../rendering/plain-text.ts'

export type Typed =
  { readonly ok: true; readonly response: AskResponse } | { readonly ok: false; readonly why: string }

type Value = string | number | boolean
type Read = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string }

/** The answer that `words` are to `ask`; `why` is a clause that says what would be one. */
export function answerFrom(ask: Ask, words: readonly string[]): Typed {
  if (ask.kind === 'form') return formAnswer(ask, words)
  const text = words.join(' ')
  const option = optionMeant(ask.options ?? [], text, ask.kind === 'question')
  if (option !== undefined) return { ok: true, response: { option: option.id } }
  if (ask.kind === 'question') return { ok: true, response: { text } }
  return { ok: false, why: `${quoted(text)} is none of its options: ${optionsText(ask.options ?? [])}` }
}

/** `exactly`: nothing short or numbered, since it may be text as well. */
function optionMeant(options: readonly AskOption[], typed: string, exactly: boolean): AskOption | undefined {
  const wanted = typed.trim().toLowerCase()
  const whole =
    options.find((one) => one.id === typed) ?? options.find((one) => one.label.toLowerCase() === wanted)
  if (whole !== undefined || wanted === '') return whole
  const numbered =
    /^\d{1,3}$/.test(wanted) && !(exactly && onlyDeny(options)) ? options[Number(wanted) - 1] : undefined
  if (numbered !== undefined || exactly) return numbered
  const begun = options.filter((one) =>
    [one.id, one.label].some((name) => name.toLowerCase().startsWith(wanted)),
  )
  return begun.length === 1 ? begun[0] : undefined
}

/** Whether options are no more than ways not to answer. */
export function onlyDeny(options: readonly AskOption[]): boolean {
  return options.every(({ meaning }) => meaning === 'deny')
}

function formAnswer(ask: Ask, words: readonly string[]): Typed {
  const { fields = [], options = [] } = ask
  const option = words.some((word) => word.includes('='))
    ? undefined
    : optionMeant(options, words.join(' '), false)
  if (option !== undefined) return { ok: true, response: { option: option.id } }
  const values: Record<string, Value> = {}
  for (const word of words) {
    const [name = '', ...rest] = word.split('=')
    const field = fields.find((one) => one.name === name)
    if (field === undefined || rest.length === 0) return { ok: false, why: notAField(word, ask) }
    const read = fieldValue(field, rest.join('='))
    if (!read.ok) return read
    values[name] = read.value
  }
  const missing = fields.find((one) => one.required === true && !Object.hasOwn(values, one.name))
  if (missing !== undefined) return { ok: false, why: `${missing.name}= is missing: ${formText(ask)}` }
  return { ok: true, response: { values } }
}

function notAField(word: string, ask: Ask): string {
  return `${quoted(word)} gives none of its fields as name=value: ${formText(ask)}`
}

/** What somebody typed for one field of a form. */
export function fieldValue(field: AskField, typed: string): Read {
  switch (field.type) {
    case 'text':
      return { ok: true, value: typed }
    case 'number': {
      const value = Number(typed)
      if (typed.trim() !== '' && Number.isFinite(value)) return { ok: true, value }
      return { ok: false, why: `${field.name} is a number, and ${quoted(typed)} is none` }
    }
    case 'boolean': {
      const value = truth.get(typed.trim().toLowerCase())
      if (value !== undefined) return { ok: true, value }
      return { ok: false, why: `${field.name} is yes or no, and ${quoted(typed)} is neither` }
    }
    case 'choice': {
      const option = optionMeant(field.options ?? [], typed, false)
      if (option !== undefined) return { ok: true, value: option.id }
      return { ok: false, why: `${field.name} is one of ${optionsText(field.options ?? [])}` }
    }
  }
}

const truth: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', '0'].map((word) => [word, false] as const),
])

function quoted(text: string): string {
  return JSON.stringify(oneLine(text))
}
