/**
 * A daemon that is on its way out, seen from outside: its process and its socket file. The trap: a process that ended
 * but was not reaped (a container without an init) still answers kill 0.
 */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Failure } from './failure.ts'

const pollMs = 20
const signalAgainMs = 200

export class DaemonProcess {
  readonly pid: number
  readonly #socketPath: string
  readonly #harder: string

  /** `harder` is what to type where it does not end. */
  constructor(pid: number, socketPath: string, harder: string) {
    this.pid = pid
    this.#harder = harder
    this.#socketPath = socketPath
  }

  /** Resolves when neither the process nor the socket is there. Throws Failure after `deadlineMs`. */
  async gone(deadlineMs: number): Promise<void> {
    await this.#until(deadlineMs, () => undefined)
  }

  /** As `gone`, with SIGTERM until then: the daemon's second one ends its tasks by force. */
  async forced(deadlineMs: number): Promise<void> {
    let signalledAt = 0
    await this.#until(deadlineMs, () => {
      if (Date.now() - signalledAt < signalAgainMs) return
      signalledAt = Date.now()
      if (isAlive(this.pid)) process.kill(this.pid, 'SIGTERM')
    })
  }

  async #until(deadlineMs: number, meanwhile: () => void): Promise<void> {
    const deadlineAt = Date.now() + deadlineMs
    while (isAlive(this.pid) || this.#socketIsIts()) {
      if (Date.now() >= deadlineAt) throw this.#stays(deadlineMs)
      meanwhile()
      await delay(pollMs)
    }
  }

  /** Another daemon may have taken the path as soon as it was free. */
  #socketIsIts(): boolean {
    return isAlive(this.pid) && existsSync(this.#socketPath)
  }

  #stays(deadlineMs: number): Failure {
    const sentence = `the daemon (pid ${this.pid}) still runs after ${deadlineMs / 1_000} s`
    return new Failure(`${sentence}: try ${this.#harder}, or \`kill -9 ${this.pid}\`.`)
  }
}

/** False too for a process that has ended and waits for its parent to look. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}
