/**
 * Gives machines/task.ts its effects, once: which task's they are is looked up by its id. What they tell is staged in
 * the open transaction; what they do to a run waits until that is committed.
 */
import { taskMachine } from '../../machines/task.ts'
import type { TaskContext } from '../../machines/task.ts'
import type { TaskEvent } from '../wire/events.ts'
import type { LeftState, LiveTask } from './live-task.ts'
import * as orders from './task-events.ts'

export interface TaskEffects {
  find(id: string): LiveTask | undefined
  /** Stages events of a task, attributed to whoever caused them. */
  announce(task: LiveTask, events: readonly TaskEvent[]): void
  startRun(task: LiveTask): void
  cancelRun(task: LiveTask): void
  killRun(task: LiveTask): void
  runStarted(task: LiveTask): void
  /** It runs no longer, and leaves memory. */
  leave(task: LiveTask, state: LeftState): void
}

/** The machine of every task of these effects. */
export function taskMachineWith(effects: TaskEffects): typeof taskMachine {
  const act =
    (effect: (task: LiveTask, context: TaskContext) => void) =>
    ({ context }: { context: TaskContext }): void => {
      const task = effects.find(context.id)
      if (task !== undefined) effect(task, context)
    }
  const announce = (events: (task: LiveTask, context: TaskContext) => TaskEvent[]): ReturnType<typeof act> =>
    act((task, context) => effects.announce(task, events(task, context)))
  /** Of its end: what a client wanted to say waits no longer, which comes first. */
  const announceEnd: typeof announce = (events) =>
    announce((task, context) => [...unqueued(task), ...events(task, context)])
  return taskMachine.provide({
    actions: {
      startRun: act((task) => effects.startRun(task)),
      cancelRun: act((task) => effects.cancelRun(task)),
      killRun: act((task) => effects.killRun(task)),
      announceStarted: act((task) => effects.runStarted(task)),
      announceCompleted: announceEnd((task, { outcome }) =>
        orders.completed(task.id, task.result ?? { ok: true, text: outcome }, task.nextTwoTs()),
      ),
      announceFailed: announceEnd((task, { outcome, exit }) =>
        orders.failed(
          task.id,
          { text: outcome, exit: exit ?? undefined, ask: task.result?.ask },
          task.nextTwoTs(),
          task.resumable,
        ),
      ),
      announceNotStarted: announceEnd((task, { outcome }) =>
        orders.notStarted(task.id, outcome, task.nextTs()),
      ),
      announceAborted: announceEnd((task, { exit }) =>
        orders.aborted(task.id, exit ?? undefined, task.resumable),
      ),
      announceInterrupted: announce((task, { outcome }) =>
        orders.interrupted(task.id, outcome, task.nextTs(), task.resumable),
      ),
      announceInteractive: announce((task) => [{ eventName: 'taskInteractive', payload: [task.id] }]),
      announceActive: announce((task) => [{ eventName: 'taskActive', payload: [task.id] }]),
      announceClosed: act((task) => {
        effects.announce(task, [...unqueued(task), ...orders.closed(task.id)])
        effects.leave(task, 'closed')
      }),
      settle: ({ context }, { state }) => {
        const task = effects.find(context.id)
        if (task !== undefined) effects.leave(task, state)
      },
    },
  })
}

function unqueued(task: LiveTask): TaskEvent[] {
  if (task.queued.length === 0) return []
  task.queued = []
  return orders.queueChanged(task.id, [])
}
