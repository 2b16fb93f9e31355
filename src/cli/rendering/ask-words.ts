/** Asks and how they ended, in the words of `asks`, `watch` and the prompts. */
import { oneLine } from './plain-text.ts'
import type { Ask, AskOption, AskOutcome } from '../../wire/events.ts'

/** Each option by what is typed for it and what it says: `yes (Run it), no (Do not)`. */
export function optionsText(options: readonly AskOption[]): string {
  const texts = options.map(({ id, label }) => (id === label ? label : `${id} (${label})`))
  return oneLine(texts.join(', '))
}

/** The ask in one line, with what may be answered. */
export function askText(ask: Ask): string {
  const options = ask.options ?? []
  const choice = options.length === 0 ? '' : ` [${optionsText(options)}]`
  return `${oneLine(ask.text)}${choice}`
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
