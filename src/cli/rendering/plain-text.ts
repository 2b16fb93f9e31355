/**
 * A task's text as it may stand on one line of a terminal: it must not move the cursor, colour the screen or turn the
 * reading direction. Escape sequences go, tabs stay, other control and format characters become U+FFFD.
 */
import { stripVTControlCharacters } from 'node:util'

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** `text` on one line: line ends become spaces. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s*[\r\n]+\s*/g, ' ')
    .replaceAll('\t', ' ')
    .replace(unprintable, '\u{FFFD}')
    .trim()
}

/** The lines of an output. A line end at the end begins no further line; what a carriage return overwrote is left out. */
export function plainLines(text: string): string[] {
  const lines = stripVTControlCharacters(text).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map(plainLine)
}

function plainLine(line: string): string {
  const visible = line.replace(/\r+$/, '')
  return visible.slice(visible.lastIndexOf('\r') + 1).replaceAll(unprintable, keepTab)
}

function keepTab(character: string): string {
  return character === '\t' ? character : '\u{FFFD}'
}
