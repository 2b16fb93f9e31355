/**
 * The daemon's sockets: locked, claimed, bound in one synchronous step, watched while it runs. A socket file that was
 * replaced under the running daemon is said loudly and bound again, unless somebody serves it.
 */
import { tmpdir } from 'node:os'
import type { Logger } from '../log.ts'
import type { ListenerPolicy } from '../actors/connection.ts'
import { acquireLock, homeLockPath, socketLockPath } from '../transport/instance-lock.ts'
import type { Lock } from '../transport/instance-lock.ts'
import { claimSocketPath } from '../transport/socket-claim.ts'
import { prepareSocketDirectory } from '../transport/socket-directory.ts'
import { pathReady } from '../transport/path-outcome.ts'
import type { PathOutcome } from '../transport/path-outcome.ts'
import type { Link, LinkHandlers, Listener, Transport } from '../transport/transport.ts'
import type { ListenerSettings } from './listen-option.ts'

/** What is held to be the one daemon of a home and of its sockets. */
export class Locks {
  readonly #held: Lock[] = []

  /** Takes the home's lock, then each socket's; keeps none where one is taken. */
  take(home: string, listeners: readonly ListenerSettings[]): PathOutcome<undefined> {
    const locked = this.#takeAll(home, listeners)
    if (!locked.ok) this.release()
    return locked
  }

  #takeAll(home: string, listeners: readonly ListenerSettings[]): PathOutcome<undefined> {
    const homeLock = this.#acquire(() => homeLockPath(home))
    if (!homeLock.ok) return homeLock
    const owner = { platform: process.platform, uid: process.getuid?.() ?? 0 }
    for (const listener of listeners) {
      const directory = prepareSocketDirectory(listener, owner)
      if (!directory.ok) return directory
      const lock = this.#acquire(() => socketLockPath(listener.path, process.platform, tmpdir()))
      if (!lock.ok) return lock
    }
    return pathReady(undefined)
  }

  #acquire(path: () => string): PathOutcome<Lock> {
    const lock = acquireLock(path())
    if (lock.ok) this.#held.push(lock.value)
    return lock
  }

  release(): void {
    for (const lock of this.#held.splice(0)) lock.close()
  }
}

export interface ListenersOptions {
  readonly transport: Transport
  readonly policies: readonly ListenerPolicy[]
  readonly log: Logger
  readonly watchMs: number
  accept(policy: ListenerPolicy, link: Link): LinkHandlers
}

/** The bound listeners. */
export class Listeners {
  readonly #options: ListenersOptions
  readonly #bound: Listener[] = []
  /** Why a listener cannot be bound again, as it was said: said once, not at every look. */
  readonly #unreachable = new Map<Listener, string>()
  #watch: NodeJS.Timeout | undefined
  #repairing = false

  constructor(options: ListenersOptions) {
    this.#options = options
  }

  /** Removes what dead daemons left. To be called with the locks held, before `bind`. */
  async claim(): Promise<PathOutcome<undefined>> {
    for (const { path } of this.#options.policies) {
      const claimed = await claimSocketPath(path)
      if (!claimed.ok) return claimed
    }
    return pathReady(undefined)
  }

  /** Binds all in this turn: nothing asynchronous is in flight while the umask is narrowed. Throws what bind throws. */
  bind(): void {
    const { transport, policies, log } = this.#options
    try {
      for (const policy of policies) {
        const accept = (link: Link): LinkHandlers => this.#options.accept(policy, link)
        const error = (err: Error): void => log.error({ err, path: policy.path }, 'listener failed')
        this.#bound.push(transport.listen({ path: policy.path, accept, error }))
      }
    } catch (error) {
      this.close()
      throw error
    }
    this.#watch = setInterval(() => void this.#repair(), this.#options.watchMs)
    this.#watch.unref()
  }

  close(): void {
    clearInterval(this.#watch)
    for (const listener of this.#bound.splice(0)) listener.close()
  }

  async #repair(): Promise<void> {
    if (this.#repairing) return
    this.#repairing = true
    try {
      for (const listener of this.#bound) if (!listener.ownsPath()) await this.#bindAgain(listener)
    } finally {
      this.#repairing = false
    }
  }

  async #bindAgain(listener: Listener): Promise<void> {
    const { log } = this.#options
    const { path } = listener
    if (!this.#unreachable.has(listener))
      log.error({ path }, 'the socket file was replaced or removed: binding it again')
    const claimed = await claimSocketPath(path)
    if (!this.#bound.includes(listener)) return
    if (!claimed.ok) {
      this.#complain(listener, claimed.message)
      return
    }
    try {
      listener.rebind()
      this.#unreachable.delete(listener)
      log.warn({ path }, 'bound again')
    } catch (error) {
      this.#complain(listener, error instanceof Error ? error.message : String(error))
    }
  }

  #complain(listener: Listener, reason: string): void {
    if (this.#unreachable.get(listener) === reason) return
    this.#unreachable.set(listener, reason)
    const { path } = listener
    this.#options.log.error({ path, reason }, 'the socket cannot be bound: clients cannot reach this daemon')
  }
}
