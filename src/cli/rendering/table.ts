/**
 * Aligned columns. The last one takes what is left of the terminal's width and is cut with an ellipsis; where stdout is
 * no terminal nothing is cut. Colours are applied after measuring, so that they do not count.
 */
import { cut, width } from './width.ts'

export interface Cell {
  readonly text: string
  /** Colours the padded text. */
  readonly paint?: (text: string) => string
}

/** One line per row, without line ends. `columns` undefined: nothing is cut. */
export function table(rows: readonly (readonly Cell[])[], columns: number | undefined): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, width(cell.text))
  }
  return rows.map((row) => tableLine(row, widths, columns))
}

function tableLine(row: readonly Cell[], widths: readonly number[], columns: number | undefined): string {
  let line = ''
  let used = 0
  for (const [index, cell] of row.entries()) {
    const last = index === row.length - 1
    const room = columns === undefined ? undefined : Math.max(1, columns - used)
    const text = last ? cut(cell.text, room) : cell.text + ' '.repeat((widths[index] ?? 0) - width(cell.text))
    line += cell.paint === undefined ? text : cell.paint(text)
    if (!last) line += '  '
    used += (widths[index] ?? 0) + 2
  }
  return line.trimEnd()
}
