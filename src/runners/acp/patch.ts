/** A change of a file as a patch with one hunk: what both texts begin and end with is left out, but for a little. */

const contextLines = 3

/** `before` is undefined for a new file. Texts of more than `charsMax` characters together are not shown. */
export function patchOf(path: string, before: string | undefined, after: string, charsMax: number): string {
  const head = `--- ${before === undefined ? '/dev/null' : path}\n+++ ${path}\n`
  if ((before?.length ?? 0) + after.length > charsMax) return `${head}@@ too long to show @@\n`
  const [old, now] = [linesOf(before ?? ''), linesOf(after)]
  const same = common(old, now, (lines, at) => lines[at])
  const rest: [string[], string[]] = [old.slice(same), now.slice(same)]
  const sameEnd = common(...rest, (lines, at) => lines[lines.length - 1 - at])
  const from = Math.max(0, same - contextLines)
  const end = Math.min(sameEnd, contextLines)
  const hunk = [
    ...old.slice(from, same).map((line) => ` ${line}`),
    ...old.slice(same, old.length - sameEnd).map((line) => `-${line}`),
    ...now.slice(same, now.length - sameEnd).map((line) => `+${line}`),
    ...old.slice(old.length - sameEnd, old.length - sameEnd + end).map((line) => ` ${line}`),
  ]
  const counts = (lines: string[]): string => {
    const count = lines.length - from - (sameEnd - end)
    return `${count === 0 ? 0 : from + 1},${count}`
  }
  return `${head}@@ -${counts(old)} +${counts(now)} @@\n${hunk.map((line) => `${line}\n`).join('')}`
}

function linesOf(text: string): string[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function common(
  old: string[],
  now: string[],
  line: (lines: string[], at: number) => string | undefined,
): number {
  const most = Math.min(old.length, now.length)
  let count = 0
  while (count < most && line(old, count) === line(now, count)) count++
  return count
}
