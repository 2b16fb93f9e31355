/**
 * ClaimTask and ReleaseTask, and what a lease means to others' commands. Each change of a lease is an event and part of
 * the task's record, also of one that has settled: all here runs in an open transaction.
 */
import type { ClaimOutcome, Lease, LeaseChange } from '../broker/leases.ts'
import type { LeaseRecord, TaskRecord } from '../store/store.ts'
import type { TaskCommand } from '../wire/commands.ts'
import type { Holder } from '../wire/events.ts'
import { printableName } from '../wire/printable.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Broker } from './broker-actor.ts'
import type { Cause } from './live-task.ts'
import { requestOf } from './reloaded.ts'
import { findTask } from './request.ts'
import type { Request } from './request.ts'
import { isInSameTree } from './task-tree.ts'

type ClaimTask = Extract<TaskCommand, { commandName: 'ClaimTask' }>['data']

export function claimTask(request: Request, data: ClaimTask): Outcome<{ holder: Holder }> {
  const { broker, connection, session, cause } = request
  const { taskId, ttlMs, steal, approve } = data
  const found = findTask(request, taskId)
  if (!found.ok) return found
  if (approve !== undefined && isInSameTree(broker, session.insideTask, taskId)) {
    return refused(
      'unauthorized',
      'Who runs inside a task does not approve what is asked there: somebody else must.',
    )
  }
  const closed = 'record' in found.value && found.value.record.state === 'closed'
  if (closed) return refuseClosed(broker, found.value.record)
  expireLeases(broker)
  const { client } = session
  const claimant = {
    sessionId: session.id,
    clientId: connection.clientId,
    ...(client === undefined ? {} : { client: client.name }),
  }
  const outcome = broker.leases.claim(
    { task: taskId, ...claimant, ttlMs, steal, approve },
    broker.parts.now(),
  )
  if (outcome.kind !== 'changed') return notClaimed(request, outcome)
  changed(broker, outcome.change, cause)
  if ('live' in found.value) broker.asking.answerByItself(found.value.live)
  return accepted({ holder: outcome.holder })
}

/** It could neither be steered nor be told that the lease has ended. */
function refuseClosed(broker: Broker, record: TaskRecord): Outcome<never> {
  return requestOf(broker, record) === undefined
    ? refused('not_resumable', 'This task is closed and cannot run again: start a new one.')
    : refused('busy', 'This task is closed: resume it first (callboard resume), then claim it.')
}

function notClaimed(
  { broker }: Request,
  outcome: Exclude<ClaimOutcome, { kind: 'changed' }>,
): Outcome<never> {
  if (outcome.kind === 'held') return heldBy(outcome.holder, 'claim it with steal to take it over')
  const { leasesPerSessionMax } = broker.parts.limits
  return refused('limit_exceeded', `A session holds at most ${leasesPerSessionMax} tasks: release one first.`)
}

export function releaseTask(request: Request, taskId: string): Outcome<Record<string, never>> {
  const { broker, session, cause } = request
  const found = findTask(request, taskId)
  if (!found.ok) return found
  const held = refuseHeld(request, taskId)
  if (held !== undefined) return held
  const change = broker.leases.release(taskId, session.id)
  if (change !== undefined) changed(broker, change, cause)
  return accepted({})
}

/** `not_owner` where another session holds the task; undefined where this one may steer it. */
export function refuseHeld({ broker, session }: Request, task: string): Outcome<never> | undefined {
  expireLeases(broker)
  const holder = broker.leases.holder(task)
  if (holder === undefined || broker.leases.allows(task, session.id)) return undefined
  return heldBy(holder, 'wait until it releases the task, or claim it with steal')
}

function heldBy(holder: Holder, instead: string): Outcome<never> {
  const { clientId, client } = holder
  const name = client === undefined ? clientId : `${printableName(client)} (${clientId})`
  return refused('not_owner', `${name} holds this task: ${instead}.`, { holder })
}

/** Ends the leases whose time has come. */
export function expireLeases(broker: Broker): void {
  const now = broker.parts.now()
  if ((broker.leases.nextDeadline ?? Infinity) > now) return
  for (const change of broker.leases.expire(now)) changed(broker, change, {})
}

/** A task was closed: nobody holds it any more. */
export function leaseClosed(broker: Broker, task: string, cause: Cause): void {
  const change = broker.leases.taskClosed(task)
  if (change !== undefined) changed(broker, change, cause)
}

/** Journals a change of a lease, and keeps it with its task. */
export function changed(broker: Broker, change: LeaseChange, cause: Cause): void {
  const { current } = broker.transactions
  const { task, news } = change
  current.undo(() => change.undo())
  current.afterCommit(() => broker.deadlines.arm())
  // A settled task may have been forgotten meanwhile: then nobody is to hear of it again.
  if (broker.tasks.live(task) === undefined && broker.record(task) === undefined) return
  current.stage({ task, events: [{ eventName: 'leaseChanged', payload: [task, news] }], ...cause })
  keepLease(broker, task)
}

/** The task's record gets the lease as it is now. */
export function keepLease(broker: Broker, id: string): void {
  const { current } = broker.transactions
  const lease = broker.leases.get(id)
  const live = broker.tasks.live(id)
  if (live !== undefined) {
    current.undo(live.memento())
    live.lease = lease === undefined ? undefined : leaseRecord(lease)
    broker.tasks.touch(live)
    return
  }
  const record = broker.record(id)
  if (record === undefined) return
  const { lease: _, ...rest } = record
  const kept: TaskRecord = lease === undefined ? rest : { ...rest, lease: leaseRecord(lease) }
  current.save(id, () => kept)
}

function leaseRecord({ sessionId, clientId, client, until, approve }: Lease): LeaseRecord {
  return {
    sessionId,
    clientId,
    ...(client === undefined ? {} : { client }),
    ...(until === undefined ? {} : { until }),
    ...(approve.length === 0 ? {} : { approve }),
  }
}
