/**
 * Ctrl-C and its relatives while a command follows a task. The first one asks (the task is cancelled and its end
 * awaited), the second leaves at once.
 */
import { signalExitCode } from './exit-codes.ts'

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Thrown where the first signal came before there was anything to cancel. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
  readonly exitCode: number

  constructor(signal: string) {
    super(`Interrupted by ${signal}.`)
    this.exitCode = signalExitCode(signal)
  }
}

export class StopSignals implements Disposable {
  readonly #asked = new AbortController()
  readonly #leave: (exitCode: number) => void
  readonly #listener = (signal: NodeJS.Signals): void => {
    if (this.asked.aborted) this.#leave(signalExitCode(signal))
    else this.#asked.abort(new Interrupted(signal))
  }

  /** Takes the signals over until it is disposed of. `leave` must not return. */
  constructor(leave: (exitCode: number) => void = (exitCode) => process.exit(exitCode)) {
    this.#leave = leave
    for (const name of names) process.on(name, this.#listener)
  }

  /** Aborts with an Interrupted at the first signal. */
  get asked(): AbortSignal {
    return this.#asked.signal
  }

  [Symbol.dispose](): void {
    for (const name of names) process.off(name, this.#listener)
  }
}
