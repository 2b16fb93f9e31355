/**
 * From what a run tells its task to the task's machine and the journal: each is one step. What the machine does not
 * carry of an end stays with the task.
 */
import type { TaskMachineEvent } from '../../machines/task.ts'
import type { QueuedText, RunAsk, RunEvents, RunResult } from '../runners/runner.ts'
import type { Exit, TaskEvent } from '../wire/events.ts'
import type { Outcome } from '../wire/rejection.ts'
import type { LiveTask } from './live-task.ts'
import * as orders from './task-events.ts'

export interface RunEventsPort {
  /** Does one step as a transaction, where the task still lives; what it throws is the task's fault alone. */
  step(step: () => void): void
  /** Journals what the run did, in the step's transaction. */
  announce(events: readonly TaskEvent[]): void
  /** Tells the task's machine. */
  send(event: TaskMachineEvent): void
  /** The task's record is written with the step. */
  touch(): void
  /** Opens an ask, as a step of its own. */
  asked(ask: RunAsk): Outcome<void>
  withdrew(key: string): void
  takeQueued(): readonly QueuedText[]
  /** Nobody waits for answers any more. */
  ending(): void
}

export function runEvents(task: LiveTask, port: RunEventsPort): RunEvents {
  const announced = (events: readonly TaskEvent[]): void => port.step(() => port.announce(events))
  return {
    nextTs: () => task.nextTs(),
    started: () => port.step(() => port.send({ type: 'run.started' })),
    messages: (batch) =>
      announced(batch.map(({ action, message }) => orders.message(task.id, action, message))),
    announced,
    asked: (ask) => port.asked(ask),
    withdrew: (key) => port.step(() => port.withdrew(key)),
    takeQueued: () => port.takeQueued(),
    remember: (state) =>
      port.step(() => {
        task.runnerState = state
        task.followUp = undefined
        port.touch()
      }),
    ended: (result) =>
      port.step(() => {
        task.result = result
        if (result.ok) task.followUp = undefined
        port.ending()
        port.send({ type: result.ok ? 'run.completed' : 'run.failed', ...endOf(result) })
      }),
  }
}

function endOf({ text, exit }: RunResult): { readonly outcome: string; readonly exit?: Exit } {
  return exit === undefined ? { outcome: text } : { outcome: text, exit }
}
