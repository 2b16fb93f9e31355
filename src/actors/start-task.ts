/**
 * StartNewTask: another task beside those that run. It is journaled before anything is spawned; one that cannot run is
 * told in the order of a task that could not start, and takes no slot.
 */
import type { CallboardConfiguration, StartNewTask } from '../wire/commands.ts'
import { parseCallboardConfiguration } from '../wire/commands.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import { listedText } from './listed-text.ts'
import { LiveTask } from './live-task.ts'
import { makeCurrent } from './request.ts'
import type { Request } from './request.ts'
import { mergeProfile } from './profiles.ts'
import * as orders from './task-events.ts'

export function startNewTask(request: Request, data: StartNewTask): Outcome<{ taskId: string }> {
  const { broker } = request
  const draining = refuseDraining(request)
  if (draining !== undefined) return draining
  const asked = parseCallboardConfiguration(data.configuration.callboard)
  if (!asked.ok) return asked
  const callboard = mergeProfile(broker.profiles, data.configuration, asked.value)
  if (!callboard.ok) return callboard
  const task = newTask(request, data, callboard.value)
  const check = broker.tasks.check(task)
  const entered = check.ok ? broker.queue.enter(task, request.session.insideTask) : 'refused'
  if (entered === 'full') return queueFull(request)
  makeCurrent(request, task.id)
  const creation = orders.created(task.id, data, task.nextTs())
  if (check.ok && entered !== 'refused') {
    broker.tasks.add(task)
    broker.tasks.announce(task, creation, task.cause)
    broker.queue.proceed(task, entered)
  } else if (!check.ok) {
    task.resumable = false
    task.left = 'failed'
    const refusal = orders.notStarted(task.id, check.error.message, task.nextTs())
    broker.tasks.announce(task, [...creation, ...refusal], task.cause)
    broker.transactions.current.save(task.id, () => task.record('failed', { runs: 0 }))
  }
  return accepted({ taskId: task.id })
}

/** No task is taken while the daemon stops; undefined where it does not. */
export function refuseDraining({ broker }: Request): Outcome<never> | undefined {
  if (!broker.isDraining) return undefined
  return refused('draining', 'The daemon is stopping and takes no new task: try again when it is back.')
}

export function queueFull({ broker }: Request): Outcome<never> {
  const { queuedTasksMax } = broker.parts.limits
  const many = `${broker.queue.runningCount} tasks run and ${broker.queue.waitingCount} wait`
  return refused(
    'queue_full',
    `${many}, and no more are taken (at most ${queuedTasksMax} wait): try again when one has ended.`,
  )
}

function newTask(request: Request, data: StartNewTask, callboard: CallboardConfiguration): LiveTask {
  const { broker, connection, cause } = request
  const { limits, now, newTaskId } = broker.parts
  const task = new LiveTask({
    id: newTaskId(),
    request: data,
    callboard,
    listedText: listedText(data.text, limits.listedTextCharsMax),
    createdAt: now(),
    startedBy: connection.clientId,
    session: request.session,
    resumable: broker.tasks.canResume(callboard),
    ...(request.session.insideTask === undefined ? {} : { parent: request.session.insideTask }),
    now,
  })
  task.cause = cause
  return task
}
