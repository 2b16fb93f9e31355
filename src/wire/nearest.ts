/**
 * Which of the known names a misspelt one may have meant, so that a refusal can say it.
 * Only short names are compared: the cost is bounded whatever a peer sends.
 */
import { limits } from '../limits.ts'

/** The known name with the fewest edits to `name`, if they are few for its length. Case does not count. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > limits.comparedNameCharsMax) return undefined
  let best: string | undefined
  let bestEdits = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const edits = editsBetween(name.toLowerCase(), candidate.toLowerCase())
    if (edits >= bestEdits) continue
    best = candidate
    bestEdits = edits
  }
  return best
}

/** Insertions, deletions and substitutions from one string to the other. */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
