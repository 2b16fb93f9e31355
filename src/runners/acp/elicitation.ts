/**
 * An agent's question to the person, as an ask. One field is a question that a plain message answers; several are a
 * form; none, or an address to be visited, is something to confirm. Each has two options beside its own: to decline it,
 * and to put it away. The answer goes back in the shape that was asked for.
 */
import { limits as defaults } from '../../limits.ts'
import { cutText, objectAt, textAt } from './fields.ts'
import { isJsonObject } from '../../wire/json-object.ts'
import type { Limits } from '../../limits.ts'
import type { AskField, AskOption, TaskMessage } from '../../wire/events.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { AskAnswer, RunAsk } from '../runner.ts'

type Value = string | number | boolean | string[]

export interface Question {
  readonly ask: Omit<RunAsk, 'key' | 'message'>
  /** What a client that knows no asks is shown. */
  readonly message: Pick<TaskMessage, 'ask' | 'text'>
  /** The answer to elicitation/create. */
  answered(answer: AskAnswer): JsonObject
}

export type QuestionLimits = Pick<Limits, 'askTextCharsMax' | 'askOptionsMax'>

/** Undefined for a mode that is not known here. */
export function questionOf(params: JsonObject, limits: QuestionLimits): Question | undefined {
  const { askOptionsMax } = limits
  const text = cutText(textAt(params, 'message') ?? '', limits.askTextCharsMax)
  if (params['mode'] === 'url')
    return visit(text, cutText(textAt(params, 'url') ?? '', defaults.agentPathCharsMax))
  if (params['mode'] !== 'form') return undefined
  const schema = objectAt(params, 'requestedSchema')
  const properties = Object.entries(objectAt(schema, 'properties')).slice(0, askOptionsMax)
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const fields = properties.map(([name, property]) =>
    // An only field's choices stand beside the two options of every question.
    fieldOf(
      name,
      isJsonObject(property) ? property : {},
      required.includes(name),
      askOptionsMax - exits([]).length,
    ),
  )
  const [only] = fields
  if (only === undefined) return confirmation(text, { id: 'accept', label: 'Accept', meaning: 'allow' })
  const { type } = only.field
  return fields.length === 1 && (type === 'text' || type === 'choice')
    ? oneQuestion(text, only)
    : form(text, fields)
}

interface Field {
  readonly field: AskField
  /** An array of texts is asked for as one, with commas. */
  readonly isList: boolean
}

/** Of more than `choicesMax` choices one is typed as text. */
function fieldOf(name: string, property: JsonObject, required: boolean, choicesMax: number): Field {
  const isList = property['type'] === 'array'
  const options = isList ? undefined : choices(property, choicesMax)
  const label = textAt(property, 'title') ?? textAt(property, 'description')
  const type = options !== undefined ? 'choice' : (fieldTypes[textAt(property, 'type') ?? ''] ?? 'text')
  const field: AskField = {
    name,
    ...(label === undefined
      ? {}
      : {
          label: cutText(isList ? `${label} (with commas between)` : label, defaults.agentWordsCharsMax),
        }),
    type,
    ...(options === undefined ? {} : { options }),
    ...(required ? { required } : {}),
  }
  return { field, isList }
}

const fieldTypes: Readonly<Record<string, AskField['type']>> = {
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
}

/** Undefined where there are none, and where there are more than `countMax`. */
function choices(property: JsonObject, countMax: number): AskOption[] | undefined {
  const { oneOf, enum: plain } = property
  const listed: unknown = Array.isArray(oneOf) ? oneOf : plain
  if (!Array.isArray(listed) || listed.length > countMax) return undefined
  return listed.flatMap((one: unknown) => choiceOf(one) ?? [])
}

function choiceOf(one: unknown): AskOption | undefined {
  if (typeof one === 'string') return { id: one, label: one }
  if (!isJsonObject(one)) return undefined
  const id = textAt(one, 'const') ?? ''
  return { id, label: textAt(one, 'title') ?? id }
}

function oneQuestion(text: string, { field, isList }: Field): Question {
  const options = field.options ?? []
  const ends = exits(options)
  return {
    ask: { kind: 'question', text, options: [...options, ...ends] },
    message: shown(text, options),
    answered(answer) {
      const action = actionOf(answer, ends)
      if (action !== 'accept' || answer.kind !== 'answered') return { action }
      const said = answer.option ?? answer.text ?? ''
      const value = options.find(({ id, label }) => said === id || said === label)?.id ?? said
      return { action, content: { [field.name]: isList ? listOf(value) : value } }
    },
  }
}

function form(text: string, fields: readonly Field[]): Question {
  const names = fields.map(({ field }) => field.label ?? field.name).join(', ')
  const ends = exits([])
  return {
    ask: { kind: 'form', text, fields: fields.map(({ field }) => field), options: ends },
    message: shown(`${text} (${names})`, []),
    answered(answer) {
      const action = actionOf(answer, ends)
      if (action !== 'accept' || answer.kind !== 'answered') return { action }
      const given = answer.values ?? {}
      const content = fields.flatMap(({ field, isList }): [string, Value][] => {
        const value = given[field.name]
        if (value === undefined) return []
        return [[field.name, isList && typeof value === 'string' ? listOf(value) : value]]
      })
      return { action, content: Object.fromEntries(content) }
    },
  }
}

/** Its option says nothing of allowing: nobody but a person can have visited it. */
function visit(text: string, url: string): Question {
  return confirmation(`${text}\n${url}`, { id: 'done', label: 'Done' })
}

function confirmation(text: string, yes: AskOption): Question {
  const ends = exits([yes])
  const options = [yes, ...ends]
  return {
    ask: { kind: 'approval', text, options },
    message: shown(text, options),
    answered: (answer) => ({ action: actionOf(answer, ends) }),
  }
}

/** The options that end a question without an answer: to decline it, and to put it away. */
function exits(others: readonly AskOption[]): readonly [decline: AskOption, cancel: AskOption] {
  const isTaken = others.some(({ id }) => id === 'decline' || id === 'cancel')
  const start = isTaken ? '/' : ''
  return [
    { id: `${start}decline`, label: 'Decline', meaning: 'deny' },
    { id: `${start}cancel`, label: 'Cancel', meaning: 'deny' },
  ]
}

function actionOf(answer: AskAnswer, [decline, cancel]: ReturnType<typeof exits>): string {
  if (answer.kind !== 'answered' || answer.option === cancel.id) return 'cancel'
  return answer.option === decline.id ? 'decline' : 'accept'
}

function shown(question: string, options: readonly AskOption[]): Question['message'] {
  const suggest = options.map(({ label }) => ({ answer: label, mode: null }))
  return { ask: 'followup', text: JSON.stringify({ question, suggest }) }
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
