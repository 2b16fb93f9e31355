/** A task's text as lists show it. */

/** Its first `charsMax` characters. A text cut from a longer one keeps all of that in memory: a copy does not. */
export function listedText(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : Buffer.from(text.slice(0, charsMax)).toString()
}
