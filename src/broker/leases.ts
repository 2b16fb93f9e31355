/**
 * Who alone may steer a task for a while. A lease belongs to a session and ends by release, expiry, a take-over, the
 * end of its task, or, after a grace in which its client may come back, with its session. Time comes in as an argument;
 * whoever asks has called `expire` first. Owner: the broker actor.
 */
import type { Limits } from '../limits.ts'
import type { AskKind, Holder, TaskEvent } from '../wire/events.ts'

export type Approval = 'all' | readonly AskKind[]

/** Who claims. */
export interface Claimant {
  readonly sessionId: string
  readonly clientId: string
  /** Its name, where it said Hello. */
  readonly client?: string
}

export interface Claim extends Claimant {
  readonly task: string
  readonly ttlMs?: number | undefined
  readonly steal?: boolean | undefined
  readonly approve?: Approval | undefined
}

export interface Lease extends Claimant {
  readonly task: string
  /** When it expires: milliseconds since the Unix epoch. */
  readonly until?: number
  /** When it ends unless its session's client comes back. */
  readonly leavesAt?: number
  /** Asks that are answered by the first option that allows. */
  readonly approve: Approval
}

/** What leaseChanged says. */
type LeaseNews = Extract<TaskEvent, { eventName: 'leaseChanged' }>['payload'][1]

/** Something that became of a lease. `undo` makes it as it was. */
export interface LeaseChange {
  readonly task: string
  readonly news: LeaseNews
  undo(): void
}

export type ClaimOutcome =
  | { readonly kind: 'changed'; readonly change: LeaseChange; readonly holder: Holder }
  | { readonly kind: 'held'; readonly holder: Holder }
  | { readonly kind: 'tooMany' }

export type LeasesLimits = Pick<Limits, 'leaseGraceMs' | 'leasesPerSessionMax'>

export class Leases {
  readonly #limits: LeasesLimits
  readonly #byTask = new Map<string, Lease>()
  readonly #bySession = new Map<string, Set<string>>()

  constructor(limits: LeasesLimits) {
    this.#limits = limits
  }

  get(task: string): Lease | undefined {
    return this.#byTask.get(task)
  }

  holder(task: string): Holder | undefined {
    const lease = this.#byTask.get(task)
    return lease === undefined ? undefined : shown(lease)
  }

  /** Whether a session may steer a task: nobody else holds it. */
  allows(task: string, sessionId: string): boolean {
    return (this.#byTask.get(task)?.sessionId ?? sessionId) === sessionId
  }

  /** The tasks that a session holds. */
  of(sessionId: string): readonly string[] {
    return [...(this.#bySession.get(sessionId) ?? [])]
  }

  /** The lease that answers asks of this kind by itself. */
  approving(task: string, kind: AskKind): Lease | undefined {
    const lease = this.#byTask.get(task)
    return lease?.approve === 'all' || lease?.approve.includes(kind) === true ? lease : undefined
  }

  /** By the holder it renews the lease, with what is said now. */
  claim(claim: Claim, now: number): ClaimOutcome {
    const { task, sessionId, ttlMs, steal, approve } = claim
    const earlier = this.#byTask.get(task)
    const own = earlier?.sessionId === sessionId
    if (earlier !== undefined && !own && steal !== true) return { kind: 'held', holder: shown(earlier) }
    const held = this.#bySession.get(sessionId)?.size ?? 0
    if (!own && held >= this.#limits.leasesPerSessionMax) return { kind: 'tooMany' }
    const lease: Lease = {
      task,
      ...claimant(claim),
      ...(ttlMs === undefined ? {} : { until: now + ttlMs }),
      approve: approve ?? [],
    }
    const why = earlier === undefined ? 'claimed' : own ? 'renewed' : 'stolen'
    return { kind: 'changed', change: this.#change(task, lease, why), holder: shown(lease) }
  }

  /** Ends a session's own lease; undefined where it holds none on this task. */
  release(task: string, sessionId: string): LeaseChange | undefined {
    return this.#byTask.get(task)?.sessionId === sessionId
      ? this.#change(task, undefined, 'released')
      : undefined
  }

  /** The task was closed. */
  taskClosed(task: string): LeaseChange | undefined {
    return this.#byTask.has(task) ? this.#change(task, undefined, 'closed') : undefined
  }

  /** A lease of before a restart, whose session has still to come back. */
  restore(lease: Omit<Lease, 'leavesAt'>, now: number): void {
    this.#set(lease.task, { ...lease, leavesAt: now + this.#limits.leaseGraceMs })
  }

  /** A session's link is gone. `canReturn`: its leases wait for it; otherwise they are due at once. */
  sessionGone(sessionId: string, canReturn: boolean, now: number): void {
    const leavesAt = now + (canReturn ? this.#limits.leaseGraceMs : 0)
    for (const task of this.of(sessionId)) this.#alter(task, (lease) => ({ leavesAt, ...lease }))
  }

  /** A session's client has come back, with the clientId of its new link. Returns what it holds, renewed. */
  sessionBack(back: Claimant): readonly LeaseChange[] {
    return this.of(back.sessionId).flatMap((task) => {
      const lease = this.#byTask.get(task)
      if (lease === undefined) return []
      const { leavesAt: _, ...rest } = lease
      return this.#change(task, { ...rest, ...claimant(back) }, 'renewed')
    })
  }

  /** When `expire` has something to do next: milliseconds since the Unix epoch. */
  get nextDeadline(): number | undefined {
    let next: number | undefined
    for (const lease of this.#byTask.values()) {
      const at = endOf(lease)
      if (at < (next ?? Infinity)) next = at
    }
    return next
  }

  /** Ends the leases whose time has come. */
  expire(now: number): readonly LeaseChange[] {
    const due = [...this.#byTask.values()].filter((lease) => endOf(lease) <= now)
    return due.map(({ task, until = Infinity }) =>
      this.#change(task, undefined, until <= now ? 'expired' : 'left'),
    )
  }

  #change(task: string, lease: Lease | undefined, why: LeaseNews['why']): LeaseChange {
    const earlier = this.#byTask.get(task)
    this.#set(task, lease)
    return {
      task,
      news: {
        why,
        ...(lease === undefined ? {} : { holder: shown(lease) }),
        ...(earlier === undefined ? {} : { from: shown(earlier) }),
      },
      undo: () => this.#set(task, earlier),
    }
  }

  #alter(task: string, change: (lease: Lease) => Lease): void {
    const lease = this.#byTask.get(task)
    if (lease !== undefined) this.#set(task, change(lease))
  }

  #set(task: string, lease: Lease | undefined): void {
    const earlier = this.#byTask.get(task)
    if (earlier !== undefined) {
      const tasks = this.#bySession.get(earlier.sessionId)
      tasks?.delete(task)
      if (tasks?.size === 0) this.#bySession.delete(earlier.sessionId)
      this.#byTask.delete(task)
    }
    if (lease === undefined) return
    this.#byTask.set(task, lease)
    const tasks = this.#bySession.get(lease.sessionId) ?? new Set()
    this.#bySession.set(lease.sessionId, tasks.add(task))
  }
}

function claimant({ sessionId, clientId, client }: Claimant): Claimant {
  return { sessionId, clientId, ...(client === undefined ? {} : { client }) }
}

function endOf({ until = Infinity, leavesAt = Infinity }: Lease): number {
  return Math.min(until, leavesAt)
}

/** As clients are shown it: never the session's id. */
function shown({ clientId, client, until }: Lease): Holder {
  return {
    clientId,
    ...(client === undefined ? {} : { client }),
    ...(until === undefined ? {} : { until }),
  }
}
