/**
 * A failure as people and scripts see it: one sentence that says what to do next, and an exit code. Everything that is
 * thrown inside the command line ends here; no stack trace is shown unless CALLBOARD_DEBUG=1 asks for it.
 */
import { CallboardError } from '../client/callboard-error.ts'
import { SettingsError } from '../daemon/settings-error.ts'
import { exitCodes } from './exit-codes.ts'

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: number
  /** Further lines, shown below the sentence as they are. */
  readonly detail: string | undefined

  constructor(
    sentence: string,
    exitCode: number = exitCodes.failure,
    more: { detail?: string; cause?: unknown } = {},
  ) {
    super(sentence, { cause: more.cause })
    this.exitCode = exitCode
    this.detail = more.detail
  }
}

const noDaemonCodes: ReadonlySet<string> = new Set(['unreachable', 'ack_timeout', 'not_callboard', 'closed'])

/** Whatever was thrown, as a Failure. */
export function failureFrom(error: unknown): Failure {
  if (error instanceof Failure) return error
  // A home that cannot be used is found out only when a daemon is to be started in it.
  if (error instanceof SettingsError) return new Failure(error.message, exitCodes.badConfig, { cause: error })
  if (error instanceof CallboardError) {
    const exitCode = noDaemonCodes.has(error.code) ? exitCodes.noDaemon : exitCodes.failure
    return new Failure(error.message, exitCode, { cause: error })
  }
  const what = error instanceof Error ? error.message : String(error)
  return new Failure(
    `something unexpected went wrong: ${what} (CALLBOARD_DEBUG=1 shows where).`,
    exitCodes.failure,
    {
      cause: error,
    },
  )
}

/** The text for stderr: the sentence, its detail, and with `debug` the stacks. Ends with a line end. */
export function failureText(failure: Failure, debug: boolean): string {
  const sentence = failure.message.replaceAll(/\s*\n\s*/g, ' ').trim()
  const lines = [`callboard: ${/[.!?…)]$/.test(sentence) ? sentence : `${sentence}.`}`]
  if (failure.detail !== undefined && failure.detail !== '') lines.push(failure.detail.trimEnd())
  if (debug) lines.push(...stacks(failure))
  return `${lines.join('\n')}\n`
}

function stacks(error: Error): string[] {
  const own = error.stack ?? error.message
  return error.cause instanceof Error ? [own, ...stacks(error.cause)] : [own]
}
