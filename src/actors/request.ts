/**
 * One command as its handler gets it, and which task it means.
 */
import type { Session } from '../broker/session.ts'
import type { TaskRecord } from '../store/store.ts'
import { printableName } from '../wire/printable.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { Broker } from './broker-actor.ts'
import type { Connection } from './connection.ts'
import type { Cause, LiveTask } from './live-task.ts'

export interface Request {
  readonly broker: Broker
  readonly connection: Connection
  readonly session: Session
  readonly cause: Cause
}

/** A task as a command finds it: in memory, or settled in the store. */
export type FoundTask = { readonly live: LiveTask } | { readonly record: TaskRecord }

/** The task with this id, where this client may know of it. */
export function findTask({ broker, connection, session }: Request, id: string): Outcome<FoundTask> {
  const live = broker.tasks.live(id)
  const record = live === undefined ? broker.record(id) : undefined
  const hidden = connection.policy.scope === 'own' && !session.ownTasks.has(id)
  if (hidden || (live === undefined && record === undefined)) {
    return refused(
      'unknown_task',
      `No task has the id ${printableName(id)}: ListTasks (callboard ps --all) shows those there are.`,
    )
  }
  return accepted(live === undefined ? { record: record ?? raise() } : { live })
}

function raise(): never {
  throw new Error('a found task is neither live nor stored')
}

/** The task that a command without an id means. */
export function currentTask({ broker, connection, session }: Request): Outcome<string> {
  const current = session.currentTask
  // Another client may have closed it.
  if (current !== undefined && broker.tasks.live(current) === undefined) {
    if (broker.record(current)?.state === 'closed') session.noLongerCurrent(current)
  }
  if (session.currentTask !== undefined) return accepted(session.currentTask)
  const own = connection.policy.scope === 'own'
  const running = session.hadTask
    ? []
    : [...broker.tasks.all()].flatMap(({ id, left }) => (left === undefined ? [id] : []))
  const candidates = own ? running.filter((id) => session.ownTasks.has(id)) : running
  const only = candidates[0]
  if (only !== undefined && candidates.length === 1) return accepted(only)
  const why = candidates.length === 0 ? 'there is none' : `${candidates.length} tasks run`
  return refused('not_current', `Which task is meant is not clear, because ${why}: send the task's id.`)
}

/** The task that a command with an optional id means. */
export function meantTask(request: Request, id: string | undefined): Outcome<FoundTask> {
  if (id !== undefined) return findTask(request, id)
  const current = currentTask(request)
  return current.ok ? findTask(request, current.value) : current
}

/** From here on a command without an id means this task, which this session started or resumed. */
export function makeCurrent(request: Request, id: string): void {
  own(request, id)
  changeSession(request, (session) => session.makeCurrent(id))
}

/** A closed task is meant no longer. */
export function noLongerCurrent(request: Request, id: string): void {
  changeSession(request, (session) => session.noLongerCurrent(id))
}

function changeSession({ broker, session }: Request, change: (session: Session) => void): void {
  const { currentTask, hadTask } = session
  broker.transactions.current.undo(() => Object.assign(session, { currentTask, hadTask }))
  change(session)
  broker.parts.sessions.touch(session)
}

/** A task that this session started or resumed is its own, where that decides what it sees. */
function own({ broker, connection, session }: Request, id: string): void {
  if (connection.policy.scope !== 'own') return
  const had = session.ownTasks.has(id)
  session.own(id, (one) => broker.tasks.live(one) !== undefined)
  if (!had) broker.transactions.current.undo(() => session.disown(id))
}
