/**
 * Commands on a task that exists: cancel, close, resume (messages.ts: what is said to it). Commands on one task are
 * serialised by its actor.
 */
import type { TaskRecord } from '../store/store.ts'
import type { TaskEvent } from '../wire/events.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { refuseHeld } from './claim-task.ts'
import type { LiveTask } from './live-task.ts'
import { reloaded, requestOf } from './reloaded.ts'
import { findTask, makeCurrent, meantTask, noLongerCurrent } from './request.ts'
import type { FoundTask, Request } from './request.ts'
import { queueFull, refuseDraining } from './start-task.ts'

type Nothing = Record<string, never>

export function cancelTask(request: Request, id: string | undefined): Outcome<Nothing> {
  const found = steeredTask(request, id)
  if (!found.ok) return found
  if ('live' in found.value) request.broker.tasks.cancel(found.value.live, request.cause)
  // A task that has settled meanwhile is what the client wanted: cancelling again is no mistake.
  return accepted({})
}

export function closeTask(request: Request, id: string | undefined): Outcome<Nothing> {
  const found = steeredTask(request, id)
  if (!found.ok) return found
  const { broker, cause } = request
  if ('live' in found.value) {
    noLongerCurrent(request, found.value.live.id)
    broker.tasks.close(found.value.live, cause)
    return accepted({})
  }
  const { record } = found.value
  noLongerCurrent(request, record.id)
  if (record.state === 'closed') return accepted({})
  const task = reloaded(broker, record, request.session)
  broker.tasks.close(task, cause, record)
  return accepted({})
}

/** Runs a settled or closed task again under its id. On a `scope=own` listener it becomes the session's own. */
export function resumeTask(request: Request, id: string): Outcome<Nothing> {
  const { broker } = request
  const settled = broker.tasks.live(id) === undefined ? broker.record(id) : undefined
  const found = settled === undefined ? findTask(request, id) : accepted({ record: settled })
  if (!found.ok) return found
  const held = refuseHeld(request, id)
  if (held !== undefined) return held
  if ('live' in found.value) return refused('busy', 'This task runs: cancel it first, or send it a message.')
  const { record } = found.value
  if (requestOf(broker, record) === undefined) {
    return refused('not_resumable', 'This task cannot run again: start a new one.')
  }
  return runAgain(request, record, reloaded(broker, record, request.session))
}

/** Takes a settled task's place in the queue. `told`: what follows from its resumption. */
export function runAgain(
  request: Request,
  record: TaskRecord,
  task: LiveTask,
  told: () => TaskEvent[] = () => [],
): Outcome<Nothing> {
  const { broker, cause } = request
  const draining = refuseDraining(request)
  if (draining !== undefined) return draining
  task.cause = cause
  const entered = broker.queue.enter(task, request.session.insideTask)
  if (entered === 'full') return queueFull(request)
  makeCurrent(request, task.id)
  broker.tasks.resume(task, record)
  broker.tasks.announce(task, told(), cause)
  broker.queue.proceed(task, entered)
  return accepted({})
}

/** The task that a command means, where nobody else holds it. */
export function steeredTask(request: Request, id: string | undefined): Outcome<FoundTask> {
  const found = meantTask(request, id)
  if (!found.ok) return found
  const { id: meant } = 'live' in found.value ? found.value.live : found.value.record
  return refuseHeld(request, meant) ?? found
}
