/**
 * An agent's question to the person, as an ask. One field is a question that a plain message answers; several are a
 * form; an address to be visited is something to confirm. The answer goes back in the shape that was asked for.
 */
import { cutText, objectAt, objectsAt, textAt } from './fields.ts'
import { isJsonObject } from '../../wire/json-object.ts'
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

const fieldsMax = 64

/** Undefined for a mode that is not known here. */
export function questionOf(params: JsonObject, charsMax: number): Question | undefined {
  const text = cutText(textAt(params, 'message') ?? '', charsMax)
  if (params['mode'] === 'url') return visit(text, cutText(textAt(params, 'url') ?? '', 4_096))
  if (params['mode'] !== 'form') return undefined
  const schema = objectAt(params, 'requestedSchema')
  const properties = Object.entries(objectAt(schema, 'properties')).slice(0, fieldsMax)
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const fields = properties.map(([name, property]) =>
    fieldOf(name, isJsonObject(property) ? property : {}, required.includes(name)),
  )
  const [only] = fields
  if (
    only !== undefined &&
    fields.length === 1 &&
    (only.field.type === 'text' || only.field.type === 'choice')
  ) {
    return oneQuestion(text, only)
  }
  return form(text, fields)
}

interface Field {
  readonly field: AskField
  /** An array of texts is asked for as one, with commas. */
  readonly isList: boolean
}

function fieldOf(name: string, property: JsonObject, required: boolean): Field {
  const isList = property['type'] === 'array'
  const options = isList ? undefined : choices(property)
  const label = textAt(property, 'title') ?? textAt(property, 'description')
  const type = options !== undefined ? 'choice' : (fieldTypes[textAt(property, 'type') ?? ''] ?? 'text')
  const field: AskField = {
    name,
    ...(label === undefined
      ? {}
      : { label: cutText(isList ? `${label} (with commas between)` : label, 1_000) }),
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

function choices(property: JsonObject): AskOption[] | undefined {
  const titled = objectsAt(property, 'oneOf', fieldsMax)
  if (titled !== undefined) {
    return titled.map((one) => ({
      id: textAt(one, 'const') ?? '',
      label: textAt(one, 'title') ?? textAt(one, 'const') ?? '',
    }))
  }
  const plain = property['enum']
  if (!Array.isArray(plain)) return undefined
  return plain
    .slice(0, fieldsMax)
    .flatMap((one: unknown) => (typeof one === 'string' ? [{ id: one, label: one }] : []))
}

function oneQuestion(text: string, { field, isList }: Field): Question {
  const options = field.options ?? []
  const suggest = options.map(({ label }) => ({ answer: label, mode: null }))
  return {
    ask: { kind: 'question', text, ...(options.length === 0 ? {} : { options }) },
    message: { ask: 'followup', text: JSON.stringify({ question: text, suggest }) },
    answered(answer) {
      if (answer.kind !== 'answered') return { action: 'cancel' }
      const said = answer.option ?? answer.text ?? ''
      const value = options.find(({ id, label }) => said === id || said === label)?.id ?? said
      return { action: 'accept', content: { [field.name]: isList ? listOf(value) : value } }
    },
  }
}

function form(text: string, fields: readonly Field[]): Question {
  const names = fields.map(({ field }) => field.label ?? field.name).join(', ')
  const question = names === '' ? text : `${text} (${names})`
  return {
    ask: { kind: 'form', text, fields: fields.map(({ field }) => field) },
    message: { ask: 'followup', text: JSON.stringify({ question, suggest: [] }) },
    answered(answer) {
      if (answer.kind !== 'answered') return { action: 'cancel' }
      if (answer.values === undefined) return { action: 'decline' }
      const given = answer.values
      const content = fields.flatMap(({ field, isList }): [string, Value][] => {
        const value = given[field.name]
        if (value === undefined) return []
        return [[field.name, isList && typeof value === 'string' ? listOf(value) : value]]
      })
      return { action: 'accept', content: Object.fromEntries(content) }
    },
  }
}

/** None of its options says that it allows: nobody but a person can have visited it. */
function visit(text: string, url: string): Question {
  const options = [
    { id: 'done', label: 'Done' },
    { id: 'decline', label: 'Decline', meaning: 'deny' as const },
  ]
  const question = `${text}\n${url}`
  const suggest = options.map(({ label }) => ({ answer: label, mode: null }))
  return {
    ask: { kind: 'approval', text: question, options },
    message: { ask: 'followup', text: JSON.stringify({ question, suggest }) },
    answered(answer) {
      if (answer.kind !== 'answered') return { action: 'cancel' }
      return { action: answer.option === 'done' ? 'accept' : 'decline' }
    },
  }
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
