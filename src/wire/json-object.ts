/**
 * What a parsed JSON value is before any schema has seen it. Reading through an index signature keeps own keys apart
 * from inherited ones as far as it matters here: JSON.parse makes `__proto__` an own key, never a prototype.
 */

export type JsonObject = Readonly<Record<string, unknown>>

/** True for a JSON object: neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
