/** What a connection writes its log lines with: a logger of the daemon's, or that of a program that uses the library. */

/** One line: its fields and what happened, or the latter alone. */
export interface LogLine {
  (fields: object, message: string): void
  (message: string): void
}

export interface ConnectionLog {
  /** The same log, with more fields in each line. */
  child(fields: Readonly<Record<string, unknown>>): ConnectionLog
  readonly debug: LogLine
  readonly info: LogLine
  readonly warn: LogLine
  readonly error: LogLine
}
