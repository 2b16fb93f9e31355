/** Nobody reads our output any more. The command ends quietly, with the status that SIGPIPE gives in a shell. */
import { signalExitCode } from './exit-codes.ts'

export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
  readonly exitCode = signalExitCode('SIGPIPE')

  constructor() {
    super('The reader of our output went away.')
  }
}
