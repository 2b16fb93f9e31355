/**
 * What clients say to a task. Where its run cannot be given that at once it waits: in a queue while the run starts or
 * works on another, as a follow-up where the task has settled. What a client was told is taken is part of the task's
 * record, in the same commit as the answer, until a run has it.
 */
import type { QueuedText } from '../runners/runner.ts'
import type { TaskRecord } from '../store/store.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { answerByMessage } from './answer-ask.ts'
import type { LiveTask } from './live-task.ts'
import { reloaded, requestOf } from './reloaded.ts'
import type { Request } from './request.ts'
import { runAgain, steeredTask } from './steer-task.ts'
import * as orders from './task-events.ts'

type Nothing = Record<string, never>

interface ClientMessage {
  readonly text?: string | undefined
  readonly images?: readonly string[] | undefined
  readonly taskId?: string | undefined
}

/** To a task that runs, waits or has settled; the answer where its oldest open question takes text. */
export function sendMessage(request: Request, data: ClientMessage): Outcome<Nothing> {
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

/** Puts a message into the queue of a live task. */
function queueMessage(request: Request, task: LiveTask, data: ClientMessage): Outcome<Nothing> {
  const { broker, cause } = request
  const images = data.images === undefined ? {} : { images: [...data.images] }
  const queued = {
    timestamp: broker.parts.now(),
    id: broker.parts.newMessageId(),
    text: data.text ?? '',
    ...images,
  }
  const next = [...task.queued, queued]
  if (next.length > broker.parts.limits.queuedMessagesMax || isTooLong(request, next))
    return refused('limit_exceeded', 'Too many messages wait for this task: send them when it runs.')
  broker.transactions.current.undo(task.memento())
  task.queued = next
  broker.tasks.touch(task)
  broker.tasks.announce(task, orders.queueChanged(task.id, next), cause)
  return accepted({})
}

/** Of the current task, also where it was interrupted and its messages wait for it to be resumed. */
export function deleteQueuedMessage(request: Request, messageId: string): Outcome<Nothing> {
  const found = steeredTask(request, undefined)
  if (!found.ok) return found
  const { broker, cause } = request
  const task = 'live' in found.value ? found.value.live : reloaded(broker, found.value.record, undefined)
  const left = task.queued.filter(({ id }) => id !== messageId)
  if (left.length === task.queued.length) {
    return refused(
      'invalid_command',
      'No message with this id waits for the current task: it may have been taken.',
    )
  }
  broker.transactions.current.undo(task.memento())
  task.queued = left
  if ('live' in found.value) broker.tasks.touch(task)
  else saveSettled(request, found.value.record, task)
  broker.tasks.announce(task, orders.queueChanged(task.id, left), cause)
  return accepted({})
}

function saveSettled({ broker }: Request, record: TaskRecord, { queued, followUp }: LiveTask): void {
  const { undelivered: _, ...rest } = record
  const kept = { queued, ...(followUp === undefined ? {} : { followUp }) }
  const waits = queued.length > 0 || followUp !== undefined
  broker.transactions.current.save(record.id, () => (waits ? { ...rest, undelivered: kept } : rest))
}

/** Runs a settled task again with what a client says to it, where its runner can; what waited is said before. */
function followUp(
  request: Request,
  record: TaskRecord,
  { text = '', images = [] }: ClientMessage,
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
  const waiting = task.queued
  const said: QueuedText[] = [
    ...waiting.map((one) => ({ text: one.text, images: one.images ?? [] })),
    { text, images },
  ]
  const earlier = task.followUp === undefined ? [] : [task.followUp]
  if (earlier.length > 0 && isTooLong(request, [...earlier, ...said]))
    return refused('limit_exceeded', 'Too much waits for this task: resume it first.')
  task.queued = []
  task.followUp = joined([...earlier, ...said])
  return runAgain(request, record, task, () => [
    ...(waiting.length === 0 ? [] : orders.queueChanged(task.id, [])),
    ...said.flatMap((one) => orders.userSaid(task.id, one.text, one.images, task.nextTs())),
  ])
}

function joined(texts: readonly QueuedText[]): QueuedText {
  return {
    text: texts.map(({ text }) => text).join('\n\n'),
    images: texts.flatMap(({ images }) => images),
  }
}

function isTooLong({ broker }: Request, messages: readonly object[]): boolean {
  return Buffer.byteLength(JSON.stringify(messages)) > broker.parts.limits.queuedMessagesBytesMax
}
