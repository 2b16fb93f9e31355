/**
 * Time as retention counts it, in milliseconds: it only moves forward, and no single look at the machine's clock moves
 * it by more than a day. A clock that is set to another year makes nothing old; one that is set back stops nothing for
 * longer than it takes to look again.
 */

/** What a machine that was off or asleep may age by at once. */
const stepMsMax = 24 * 3_600_000

export class RetentionClock {
  readonly #now: () => number
  #wall: number
  #time: number

  /** `wall` and `time` as they were when they were last kept; absent for a new journal. */
  constructor(now: () => number, wall?: number, time?: number) {
    this.#now = now
    this.#wall = wall ?? now()
    this.#time = time ?? this.#wall
  }

  /** What the machine's clock said at the last look. */
  get wall(): number {
    return this.#wall
  }

  look(): number {
    const wall = this.#now()
    this.#time += Math.min(Math.max(wall - this.#wall, 0), stepMsMax)
    this.#wall = wall
    return this.#time
  }
}
