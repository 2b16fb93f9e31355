/**
 * A program's own log function as the log of connections: one line of text for each, with its fields behind it. Lines
 * below `info` are left out.
 */
import type { ConnectionLog, LogLine } from '../actors/connection-log.ts'
import type { LogFunction } from '../actors/program-code.ts'

type Fields = Readonly<Record<string, unknown>>

/** Writes to `log`, with `fields` in each line. */
export function libraryLog(log: LogFunction, fields: Fields = {}): ConnectionLog {
  const line: LogLine = (given: object | string, message?: string) => {
    if (typeof given === 'string') log(text(given, fields))
    else log(text(message ?? '', { ...fields, ...given }))
  }
  return {
    child: (more) => libraryLog(log, { ...fields, ...more }),
    debug: () => {},
    info: line,
    warn: line,
    error: line,
  }
}

function text(message: string, { actor: _, ...fields }: Fields): string {
  const said = Object.entries(fields).map(([name, value]) => `${name} = ${shown(value)}`)
  return [`[server] ${message}`, ...said].join(', ')
}

function shown(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message
  return typeof value === 'string' ? value : JSON.stringify(value)
}
