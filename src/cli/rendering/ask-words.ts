/** Asks and how they ended, in the words of `asks`, `watch` and the prompts. */
import { oneLine } from './plain-text.ts'
import type { Ask, AskField, AskOption, AskOutcome } from '../../wire/events.ts'

/** Each option by what is typed for it and what it says: `yes (Run it), no (Do not)`. */
export function optionsText(options: readonly AskOption[]): string {
  const texts = options.map(({ id, label }) => (isSame(id, label) ? id : `${id} (${label})`))
  return oneLine(texts.join(', '))
}

/** What an option says, and what is typed for it where that is something else: `Run it (yes)`. */
export function optionText({ id, label }: AskOption): string {
  return oneLine(isSame(id, label) ? label : `${label} (${id})`)
}

function isSame(id: string, label: string): boolean {
  return id.toLowerCase() === label.toLowerCase()
}

/** The ask in one line, with what may be answered. */
export function askText(ask: Ask): string {
  const options = ask.options ?? []
  if (ask.kind === 'form') return `${oneLine(ask.text)} [${formText(ask)}]`
  const choice = options.length === 0 ? '' : ` [${optionsText(options)}]`
  return `${oneLine(ask.text)}${choice}`
}

/** What a form takes: its fields, or one of the options beside them. */
export function formText({ fields = [], options = [] }: Ask): string {
  return `${fieldsText(fields)}${options.length === 0 ? '' : `, or ${optionsText(options)}`}`
}

/** `name=<type>` for each field; those that may be missing stand in brackets. */
function fieldsText(fields: readonly AskField[]): string {
  const texts = fields.map((field) => {
    const kind = field.type === 'choice' ? (field.options ?? []).map((one) => one.id).join('|') : field.type
    const text = `${field.name}=<${kind}>`
    return field.required === true ? text : `[${text}]`
  })
  return oneLine(texts.join(' '))
}

/** How an ask ended; `ask`, where it is known, has the labels of its options. */
export function outcomeWords(outcome: AskOutcome, ask?: Ask): string {
  switch (outcome.outcome) {
    case 'answered':
      return `answered${answererWords(outcome)}${answerWords(outcome, ask)}`
    case 'expired':
      return 'nobody answered in time'
    case 'interrupted':
      return 'interrupted: it is asked again when its task is resumed'
    case 'withdrawn':
      return 'no longer asked'
  }
}

function answererWords({ by, client, automatic }: AskOutcome): string {
  if (automatic === true) return ' automatically'
  const who = client ?? by
  return who === undefined ? '' : ` by ${oneLine(who)}`
}

function answerWords({ option, text, values }: AskOutcome, ask: Ask | undefined): string {
  if (option !== undefined) {
    return `: ${oneLine(ask?.options?.find((one) => one.id === option)?.label ?? option)}`
  }
  if (text !== undefined) return `: ${oneLine(text)}`
  if (values === undefined) return ''
  return `: ${oneLine(
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  )}`
}
