/** Why an answer was not taken, as a sentence: above all who was quicker. */
import { askOutcomeSchema } from '../../wire/events.ts'
import { outcomeWords } from '../rendering/ask-words.ts'
import { oneLine } from '../rendering/plain-text.ts'
import type { CallboardError } from '../../client/callboard-error.ts'
import type { Ask } from '../../wire/events.ts'

/** `ask`, where it is known, has the labels of its options. */
export function lostAnswer(error: CallboardError, ask?: Ask): string {
  const outcome = askOutcomeSchema.safeParse(error.details?.['outcome'])
  const sentence =
    error.code === 'unknown_ask' && outcome.success
      ? `too late: ${outcomeWords(outcome.data, ask)}`
      : oneLine(error.message)
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`
}
