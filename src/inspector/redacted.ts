/**
 * A value as JSON that may be shown: what stands under a key that names a secret is taken out, long texts are cut, depth
 * and breadth bounded. It never throws, whatever the value is.
 */
import { inspectorLimits } from './limits.ts'

const secretKey =
  /key|token|secret|passw|credential|authoriz|cookie|session_?id|^env$|^configuration$|^headers$|private|mcpservers/i
const {
  shownDepthMax: depthMax,
  shownChildrenMax: childrenMax,
  shownTextCharsMax: textCharsMax,
} = inspectorLimits

/** At most about `charsMax` characters: what is longer is cut, and is no JSON any more. */
export function redactedJson(value: unknown, charsMax: number): string {
  try {
    const text = JSON.stringify(redacted(value, 0)) ?? 'null'
    return text.length <= charsMax ? text : `${text.slice(0, charsMax)}…`
  } catch {
    return '"[unreadable]"'
  }
}

function redacted(value: unknown, depth: number): unknown {
  if (typeof value === 'string')
    return value.length <= textCharsMax
      ? value
      : `${value.slice(0, textCharsMax)}… (${value.length} characters)`
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol')
    return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  if (depth >= depthMax) return '[…]'
  if (Array.isArray(value)) {
    const shown = value.slice(0, childrenMax).map((one) => redacted(one, depth + 1))
    return value.length <= childrenMax ? shown : [...shown, `[… ${value.length - childrenMax} more]`]
  }
  if (isActor(value)) return '[actor]'
  const entries = Object.entries(value).slice(0, childrenMax)
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, secretKey.test(key) ? '[redacted]' : redacted(inner, depth + 1)]),
  )
}

function isActor(value: object): boolean {
  return 'sessionId' in value && 'getSnapshot' in value
}
