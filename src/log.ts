/**
 * The daemon's log: one pino logger, a child of it for each actor. A leaf. No payload's text, no `configuration` and no
 * `env` belongs in a line: callers do not log them, and what is logged by mistake is redacted here. A peer's text is
 * made printable and short before (wire/printable.ts).
 */
import { pino } from 'pino'
import type { DestinationStream, Logger as PinoLogger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { createLogSink, openStderr } from './log-sink.ts'

export type Logger = PinoLogger

export interface LoggerOptions {
  /** A level of pino's, or `silent`. */
  readonly level: string
  /** Lines for people, as on a terminal; else one JSON object a line. */
  readonly pretty: boolean
  /** Colours in pretty lines. Default: none. */
  readonly colour?: boolean
  /** Where lines go. Default: this process's stderr, which can neither block nor end the daemon. */
  readonly destination?: DestinationStream
  /** The log file of an autostarted daemon: bounded where it is what stderr leads to. */
  readonly file?: string
}

const secretKeys = ['configuration', 'env', 'text', 'images', 'sessionId', 'request', 'payload']
const redacted = secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`, `*.*.*.${key}`])

/** Makes the root logger. Never throws for what is logged. */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? stderrSink(options.file)
  return pino(
    { level: options.level, base: null, redact: { paths: redacted, censor: '[redacted]' } },
    options.pretty ? prettyLines(destination, options.colour ?? false) : destination,
  )
}

function stderrSink(file: string | undefined): DestinationStream {
  return createLogSink({ fd: openStderr(), ...(file === undefined ? {} : { file }) })
}

/** Line by line in this thread: a stream or a worker would lose the last lines before a crash. */
function prettyLines(destination: DestinationStream, colorize: boolean): DestinationStream {
  const pretty = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss.l', singleLine: true })
  return { write: (line) => destination.write(pretty(line)) }
}
