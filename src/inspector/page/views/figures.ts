/** Numbers, times and sizes as they are read at a glance. */

/** `999`, `1.2k`, `3.4M`. */
export function compact(value: number): string {
  if (value < 1_000) return `${Math.round(value)}`
  const [unit, by] = value < 999_500 ? ['k', 1e3] : ['M', 1e6]
  const scaled = value / by
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)}${unit}`
}

/** `0.4/s`, `12/s`. */
export function rate(perSecond: number): string {
  return `${perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : compact(perSecond)}/s`
}

export function bytes(value: number): string {
  if (value < 1_024) return `${value} B`
  if (value < 1_024 * 1_024) return `${(value / 1_024).toFixed(value < 10_240 ? 1 : 0)} KiB`
  return `${(value / 1_024 / 1_024).toFixed(1)} MiB`
}

/** `4.2 s`, `3 min`, `2 h 5 min`. */
export function span(ms: number): string {
  if (ms < 0) return '0 ms'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min`
  return minutes < 1_440
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${Math.floor(minutes / 1_440)} d`
}

/** `14:03:07.123` */
export function clock(at: number): string {
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu

/** What somebody else wrote, on one line: no character of it moves the reading direction or hides. */
export function plain(text: string, charsMax = 300): string {
  const cut = text.length > charsMax ? `${text.slice(0, charsMax)}…` : text
  return cut.replaceAll(/\s+/g, ' ').replaceAll(unprintable, '\u{FFFD}')
}

/** The same over several lines. */
export function plainLines(text: string): string {
  return text.replaceAll(unprintable, (one) => (one === '\n' || one === '\t' ? one : '\u{FFFD}'))
}

/** JSON indented where it is JSON, else as it is. */
export function pretty(json: string): string {
  try {
    return plainLines(JSON.stringify(JSON.parse(json), null, 2))
  } catch {
    return plainLines(json)
  }
}

/** The end of a long id: its beginning is the time, and alike. */
export function shortId(id: string): string {
  return id.length > 20 ? id.slice(-8) : id
}

/** `1 task`, `2 tasks`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
