/** Spans of time for people: `12s`, `3m`, `2h`, `5d`; and what people write for them: `10`, `1.5s`, `500ms`, `2m`. */

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** The largest unit that fits, rounded down. A negative span (clocks that disagree) is `0s`. */
export function shortDuration(ms: number): string {
  if (ms >= units.d) return `${Math.floor(ms / units.d)}d`
  if (ms >= units.h) return `${Math.floor(ms / units.h)}h`
  if (ms >= units.m) return `${Math.floor(ms / units.m)}m`
  return `${Math.max(0, Math.floor(ms / units.s))}s`
}

/** Milliseconds of `text`; seconds where it names no unit. Undefined where it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  if (match?.[1] === undefined) return undefined
  const unit = match[2]
  const factor = unit === 'ms' || unit === 'm' || unit === 'h' || unit === 'd' ? units[unit] : units.s
  return Math.round(Number(match[1]) * factor)
}
