/**
 * One line of a command's ask channel, from JSON to what its task is asked. Pure; what is wrong with a line is said in
 * one sentence, to the command. A missing `kind` is the stricter reading: with options it is an approval, which free text
 * does not answer.
 */
import { isUtf8 } from 'node:buffer'
import { limits } from '../limits.ts'
import { askSchema } from '../wire/events.ts'
import { isJsonObject } from '../wire/json-object.ts'
import type { JsonObject } from '../wire/json-object.ts'
import type { RunAsk } from './runner.ts'

/** The command's own name for an ask, sent back with the answer. */
export type AskName = string | number | undefined

export interface AskLine {
  readonly name: AskName
  readonly asked: Omit<RunAsk, 'key' | 'message'>
}

export type ReadLine = AskLine | { readonly name: AskName; readonly problem: string }

const nameCharsMax = limits.askNameCharsMax

const askedSchema = askSchema.pick({ kind: true, text: true, options: true, fields: true })

/** Reads a line without its end. */
export function readAskLine(line: Buffer): ReadLine {
  const value = parsed(line)
  if (!isJsonObject(value)) return { name: undefined, problem: 'a line is one JSON object, in UTF-8' }
  const { id, deadlineMs } = value
  if (!isName(id)) return { name: undefined, problem: `id is a number or at most ${nameCharsMax} characters` }
  const asked = askedSchema.safeParse(normal(value))
  if (!asked.success) {
    const [issue] = asked.error.issues
    return { name: id, problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}` }
  }
  if (deadlineMs !== undefined && (typeof deadlineMs !== 'number' || deadlineMs < 0)) {
    return { name: id, problem: 'deadlineMs: expected milliseconds from now' }
  }
  const { kind, text, options, fields } = asked.data
  return {
    name: id,
    asked: {
      kind,
      text,
      ...(options === undefined ? {} : { options }),
      ...(fields === undefined ? {} : { fields }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    },
  }
}

function parsed(line: Buffer): unknown {
  if (!isUtf8(line)) return undefined
  try {
    return JSON.parse(line.toString())
  } catch {
    return undefined
  }
}

function isName(id: unknown): id is AskName {
  if (typeof id === 'string') return id.length <= nameCharsMax
  return id === undefined || typeof id === 'number'
}

/** With what may be left out filled in. */
function normal(value: JsonObject): JsonObject {
  const { kind, text, options, fields } = value
  return {
    kind: kind ?? (fields !== undefined ? 'form' : options !== undefined ? 'approval' : 'question'),
    text,
    options: withOptions(options),
    fields: Array.isArray(fields) ? fields.map((field: unknown) => withFieldOptions(field)) : fields,
  }
}

function withFieldOptions(field: unknown): unknown {
  if (!isJsonObject(field)) return field
  const { options } = field
  return {
    ...field,
    type: field['type'] ?? (options === undefined ? 'text' : 'choice'),
    options: withOptions(options),
  }
}

/** An option may be its id alone, which then is its label too. */
function withOptions(options: unknown): unknown {
  if (!Array.isArray(options)) return options
  return options.map((option: unknown) => {
    if (typeof option === 'string') return { id: option, label: option }
    return isJsonObject(option) ? { ...option, label: option['label'] ?? option['id'] } : option
  })
}
