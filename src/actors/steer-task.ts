/**
 * Commands on a task that exists: cancel, close, resume, message. Commands on one task are serialised by its actor.
 */
import type { TaskRecord } from '../store/store.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { answerByMessage } from './answer-ask.ts'
import { refuseHeld } from './claim-task.ts'
import type { LiveTask } from './live-task.ts'
import { reloaded, requestOf } from './reloaded.ts'
import { findTask, makeCurrent, meantTask, noLongerCurrent } from './request.ts'
import type { FoundTask, Request } from './request.ts'
import { queueFull, refuseDraining } from './start-task.ts'
import * as orders from './task-events.ts'

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

/** Takes a settled task's place in the queue. What was said to it after its end is told with its resumption. */
function runAgain(request: Request, record: TaskRecord, task: LiveTask): Outcome<Nothing> {
  const { broker, cause } = request
  const draining = refuseDraining(request)
  if (draining !== undefined) return draining
  task.cause = cause
  const entered = broker.queue.enter(task, request.session.insideTask)
  if (entered === 'full') return queueFull(request)
  makeCurrent(request, task.id)
  broker.tasks.resume(task, record)
  const { followUp } = task
  if (followUp !== undefined) {
    const said = orders.userSaid(task.id, followUp.text, followUp.images, task.nextTs())
    broker.tasks.announce(task, said, cause)
  }
  broker.queue.proceed(task, entered)
  return accepted({})
}

/** The task that a command means, where nobody else holds it. */
function steeredTask(request: Request, id: string | undefined): Outcome<FoundTask> {
  const found = meantTask(request, id)
  if (!found.ok) return found
  const { id: meant } = 'live' in found.value ? found.value.live : found.value.record
  return refuseHeld(request, meant) ?? found
}

interface Message {
  readonly text?: string | undefined
  readonly images?: readonly string[] | undefined
  readonly taskId?: string | undefined
}

export function sendMessage(request: Request, data: Message): Outcome<Nothing> {
  const found = steeredTask(request, data.taskId)
  if (!found.ok) return found
  if (!('live' in found.value)) return followUp(request, found.value.record, data)
  const task = found.value.live
  const { tasks } = request.broker
  if (tasks.stateOf(task) === 'queued' || tasks.stateOf(task) === 'starting')
    return queueMessage(request, task, data)
  const answered = answerByMessage(request, task, data.text ?? '', data.images ?? [])
  if (answered !== undefined) return answered
  if (tasks.runs.queues(task)) {
    const verdict = tasks.runs.accepts(task, data.text ?? '', data.images ?? [])
    return verdict.ok ? queueMessage(request, task, data) : verdict
  }
  const sent = tasks.runs.say(task, data.text ?? '', data.images ?? [], request.cause)
  if (sent === undefined) return refused('busy', 'This task is ending.')
  return sent.ok ? accepted({}) : sent
}

/** Runs a settled task again with what a client says to it, where its runner can. */
function followUp(
  request: Request,
  record: TaskRecord,
  { text = '', images = [] }: Message,
): Outcome<Nothing> {
  const { broker, session } = request
  const task = reloaded(broker, record, session)
  const isOpen = record.state !== 'closed' && requestOf(broker, record) !== undefined
  if (!isOpen || !broker.tasks.runs.takesFollowUp(task)) {
    return refused(
      'unsupported',
      'This task has ended and its runner takes no follow-up: resume it or start another.',
    )
  }
  task.followUp = { text, images }
  return runAgain(request, record, task)
}

function queueMessage({ broker, cause }: Request, task: LiveTask, data: Message): Outcome<Nothing> {
  const { queuedMessagesMax, queuedMessagesBytesMax } = broker.parts.limits
  const bytes = (messages: readonly { text: string; images?: string[] | undefined }[]): number =>
    Buffer.byteLength(JSON.stringify(messages))
  const images = data.images === undefined ? {} : { images: [...data.images] }
  const queued = {
    timestamp: broker.parts.now(),
    id: broker.parts.newMessageId(),
    text: data.text ?? '',
    ...images,
  }
  const next = [...task.queued, queued]
  if (next.length > queuedMessagesMax || bytes(next) > queuedMessagesBytesMax) {
    return refused('limit_exceeded', 'Too many messages wait for this task: send them when it runs.')
  }
  broker.transactions.current.undo(task.memento())
  task.queued = next
  broker.tasks.announce(task, orders.queueChanged(task.id, next), cause)
  return accepted({})
}

export function deleteQueuedMessage(request: Request, messageId: string): Outcome<Nothing> {
  const found = steeredTask(request, undefined)
  if (!found.ok) return found
  const task = 'live' in found.value ? found.value.live : undefined
  const left = task?.queued.filter(({ id }) => id !== messageId)
  if (task === undefined || left === undefined || left.length === task.queued.length) {
    return refused(
      'invalid_command',
      'No message with this id waits for the current task: it may have been taken.',
    )
  }
  request.broker.transactions.current.undo(task.memento())
  task.queued = left
  request.broker.tasks.announce(task, orders.queueChanged(task.id, left), request.cause)
  return accepted({})
}
