/**
 * Where a JSON text stops being JSON. The engine's own message names no place for some mistakes and quotes the text
 * for others; a config file may hold keys, so that none of it is quoted.
 */

const token =
  /[ \t\r\n]*(?:([{}[\],:])|"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w))/uy
const space = /[ \t\r\n]*/y

/** Line and column, from 1, of the first mistake that can be seen in `text`, which `JSON.parse` has refused. */
export function jsonMistakeAt(text: string, error: unknown): { line: number; column: number } {
  const said = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return lineAndColumn(text, said === undefined ? mistakeOffset(text) : Number(said))
}

function mistakeOffset(text: string): number {
  let before = ''
  let end = 0
  for (;;) {
    token.lastIndex = end
    const match = token.exec(text)
    const sign = match?.[1] ?? ''
    if (match === null || isMisplaced(before, sign)) return skipSpace(text, end)
    before = sign
    end = token.lastIndex
  }
}

/** A closing or separating sign where a value or a key must stand. */
function isMisplaced(before: string, sign: string): boolean {
  if (!['[', '{', ',', ':'].includes(before)) return false
  if (sign === ']') return before !== '['
  if (sign === '}') return before !== '{'
  return sign === ',' || sign === ':'
}

function skipSpace(text: string, from: number): number {
  space.lastIndex = from
  space.exec(text)
  return space.lastIndex
}

function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}
