/**
 * A peer's text as it may stand in a log line or an error message: short, one line, and unable to move the cursor or
 * to turn the reading direction. Nothing here looks at more than the first few hundred bytes of a frame.
 */
import { limits } from '../limits.ts'

// Control, format (bidi), surrogate, private and unassigned characters, and the two Unicode line ends.
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/gu

// What follows these keys may be an API key, a prompt or a session's secret, which must not reach a log. An escape ends
// the excerpt too: the key could be spelt with it.
const secretKey = /"(?:configuration|env|text|images|sessionId)"|\\u/

/** `text` in at most `charsMax` UTF-16 units: unprintable characters as `\u{…}`, what does not fit as an ellipsis. */
export function printable(text: string, charsMax: number = limits.loggedTextCharsMax): string {
  const escaped = text.slice(0, charsMax + 1).replace(unprintable, escape)
  if (escaped.length <= charsMax) return escaped
  const cut = escaped.slice(0, charsMax - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}

/** A name that a peer gave, in at most `limits.quotedNameCharsMax`. */
export function printableName(name: string): string {
  return printable(name, limits.quotedNameCharsMax)
}

/** A frame's start for the log, in at most `charsMax` UTF-16 units. It ends before a task's configuration or text. */
export function excerptOf(frame: Buffer, charsMax: number = limits.loggedTextCharsMax): string {
  // No character of UTF-8 is longer than 4 bytes, so a character cut here lies beyond what is shown.
  const start = frame.toString('utf8', 0, Math.min(frame.length, (charsMax + 1) * 4))
  const secretAt = start.search(secretKey)
  return printable(secretAt === -1 ? start : `${start.slice(0, secretAt)}…`, charsMax)
}

function escape(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
