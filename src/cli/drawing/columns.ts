/** Two columns for terminals: what is left stays as it is, texts are broken into what is left of the width. */
import { wrapped } from './wrap.ts'

export interface Row {
  /** As it is measured. */
  readonly left: string
  readonly paintLeft: (left: string) => string
  /** What stands on the left of the further lines: the trunk of a tree. */
  readonly below: string
  /** Each begins a line of its own. */
  readonly texts: readonly { readonly text: string; readonly paint: (line: string) => string }[]
}

const gap = '  '
/** A narrower column is not read as text any more: lines then pass the width instead. */
const textCharsMin = 24

/** The lines of each row, all aligned, in at most `width` columns if that leaves room for text. */
export function columned(rows: readonly Row[], width: number): string[][] {
  const leftChars = Math.max(...rows.map((row) => row.left.length))
  const textChars = Math.max(textCharsMin, width - leftChars - gap.length)
  return rows.map((row) => {
    const texts = row.texts.flatMap(({ text, paint }) => wrapped(text, textChars).map(paint))
    const [first = '', ...others] = texts
    const lines = [
      `${row.paintLeft(row.left)}${' '.repeat(leftChars - row.left.length)}${gap}${first}`,
      ...others.map((text) => `${row.below.padEnd(leftChars)}${gap}${text}`),
    ]
    return lines.map((line) => line.trimEnd())
  })
}
