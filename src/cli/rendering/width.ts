/** How many columns of a terminal a text takes: by what a reader sees as one character, wide ones as two. */

let segmenter: Intl.Segmenter | undefined
const ascii = /^[ -~]*$/
const wide =
  /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u

export function width(text: string): number {
  if (ascii.test(text)) return text.length
  let columns = 0
  for (const { segment } of characters(text)) columns += columnsOf(segment)
  return columns
}

/** `text` in at most `columns` columns, with an ellipsis where something is missing; undefined: as it is. */
export function cut(text: string, columns: number | undefined): string {
  if (columns === undefined || width(text) <= columns) return text
  let shown = ''
  let left = columns - 1
  for (const { segment } of characters(text)) {
    left -= columnsOf(segment)
    if (left < 0) break
    shown += segment
  }
  return `${shown}…`
}

/** Made when it is needed: it takes as long as loading the whole of a command. */
function characters(text: string): Iterable<Intl.SegmentData> {
  segmenter ??= new Intl.Segmenter()
  return segmenter.segment(text)
}

function columnsOf(character: string): number {
  return wide.test(character) ? 2 : 1
}
