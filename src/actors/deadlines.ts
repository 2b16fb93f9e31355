/**
 * What ends by itself when its time comes: asks and leases. One timer for all of them. While the store takes nothing,
 * what is due waits for it.
 */
import { isStoreUnavailable } from '../broker/transaction.ts'
import type { Broker } from './broker-actor.ts'
import { expireLeases } from './claim-task.ts'

/** Node's timers end at 24 days. */
const timerMsMax = 2 ** 31 - 1

export class Deadlines {
  readonly #broker: Broker
  #timer: NodeJS.Timeout | undefined
  #dueAt = Infinity
  #waits = false
  /** When legacy clients alone count as watching, after a native one has left. */
  #legacyAt = Infinity

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** A native client has left: unless it comes back in a while, profiles may answer in its stead. */
  nativeLeft(): void {
    const { now, limits } = this.#broker.parts
    this.#legacyAt = now() + limits.leaseGraceMs
    this.arm()
  }

  /** Something has another deadline now. */
  arm(): void {
    const { asking, leases, parts } = this.#broker
    const next = Math.min(asking.nextDeadline ?? Infinity, leases.nextDeadline ?? Infinity, this.#legacyAt)
    if (next === this.#dueAt || this.#waits) return
    clearTimeout(this.#timer)
    this.#dueAt = next
    if (next === Infinity) return
    const ms = Math.min(Math.max(0, next - parts.now()), timerMsMax)
    this.#timer = setTimeout(() => this.#fire(), ms).unref()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#waits = true
  }

  #fire(): void {
    this.#dueAt = Infinity
    try {
      this.#end()
    } catch (error) {
      if (!isStoreUnavailable(error)) {
        this.#broker.log.error({ err: error }, 'what was due could not be ended')
        return
      }
      this.#waits = true
      this.#broker.outage.hold(() => this.#endLater())
    }
  }

  #endLater(): void {
    this.#end()
    this.#waits = false
    this.arm()
  }

  #end(): void {
    const { asking, parts } = this.#broker
    this.#broker.transact(() => {
      expireLeases(this.#broker)
      asking.expire(parts.now())
      if (this.#legacyAt <= parts.now()) this.#answerForLegacy()
    })
    if (this.#legacyAt <= parts.now()) this.#legacyAt = Infinity
    this.arm()
  }

  #answerForLegacy(): void {
    const { tasks, asking } = this.#broker
    for (const { id, left } of [...tasks.all()]) {
      const task = left === undefined ? tasks.live(id) : undefined
      if (task !== undefined) asking.answerByItself(task)
    }
  }
}
