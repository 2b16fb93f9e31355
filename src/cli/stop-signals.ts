/**
 * Ctrl-C and its relatives while a command follows a task. The first one asks (the task is cancelled and its end
 * awaited), the second leaves at once. The trap: `timeout` and process managers send one signal twice, to the process
 * and to its group; what comes right after the first one is an echo, not a second wish.
 */
import { signalExitCode } from './exit-codes.ts'

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const echoMs = 200

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
  #askedAt = 0

  /** Takes the signals over until it is disposed of. `leave` must not return. */
  constructor(leave: (exitCode: number) => void = (exitCode) => process.exit(exitCode)) {
    this.#leave = leave
    for (const name of names) process.on(name, this.#received)
  }

  /** Aborts with an Interrupted at the first signal. */
  get asked(): AbortSignal {
    return this.#asked.signal
  }

  [Symbol.dispose](): void {
    for (const name of names) process.off(name, this.#received)
  }

  readonly #received = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (!this.asked.aborted) {
      this.#askedAt = now
      this.#asked.abort(new Interrupted(signal))
    } else if (now - this.#askedAt > echoMs) this.#leave(signalExitCode(signal))
  }
}
