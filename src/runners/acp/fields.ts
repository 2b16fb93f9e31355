/**
 * Reads what an agent sent. It is JSON and nothing more is known of it: a field that is missing or of another kind is
 * undefined, so that an agent that says more, or something newer, is understood as far as possible.
 */
import { isJsonObject } from '../../wire/json-object.ts'
import type { JsonObject } from '../../wire/json-object.ts'

/** The text at `key`; an empty one counts. */
export function textAt(value: JsonObject, key: string): string | undefined {
  const found = value[key]
  return typeof found === 'string' ? found : undefined
}

export function numberAt(value: JsonObject, key: string): number | undefined {
  const found = value[key]
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

/** The object at `key`, an empty one where there is none. */
export function objectAt(value: JsonObject, key: string): JsonObject {
  const found = value[key]
  return isJsonObject(found) ? found : {}
}

/** The objects of the list at `key`, at most `countMax` of them; undefined where there is no list. */
export function objectsAt(value: JsonObject, key: string, countMax: number): JsonObject[] | undefined {
  const found = value[key]
  return Array.isArray(found) ? found.slice(0, countMax).filter(isJsonObject) : undefined
}

/** `text` in at most `charsMax` UTF-16 units, no character cut in two; what does not fit is an ellipsis. */
export function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  return `${text.slice(0, wholeCharacters(text, charsMax - 1))}…`
}

/** The largest cut of `text` at or before `at` that leaves no half of a character behind. */
export function wholeCharacters(text: string, at: number): number {
  const last = text.charCodeAt(at - 1)
  return at > 0 && at < text.length && last >= 0xd800 && last <= 0xdbff ? at - 1 : at
}

/** `value` with texts of at most `charsMax` characters, and as much of it as `budget` allows; it is used up. */
export function bounded(value: unknown, charsMax: number, budget: { chars: number }): unknown {
  if (typeof value === 'string') {
    const text = cutText(value, Math.max(1, Math.min(charsMax, budget.chars)))
    budget.chars -= text.length
    return text
  }
  budget.chars -= 1
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown) => (budget.chars <= 0 ? [] : [bounded(one, charsMax, budget)]))
  }
  if (!isJsonObject(value)) return value
  const kept: [string, unknown][] = []
  for (const [key, one] of Object.entries(value)) {
    if (budget.chars <= key.length) break
    budget.chars -= key.length
    kept.push([key, bounded(one, charsMax, budget)])
  }
  return Object.fromEntries(kept)
}
