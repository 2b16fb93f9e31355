/** Which states of a task are an end, and which events lead to one. */
import type { TaskState } from '../wire/commands.ts'

const settledStates: ReadonlySet<TaskState> = new Set([
  'completed',
  'aborted',
  'failed',
  'resumable',
  'closed',
])
const settlingEvents: ReadonlySet<string> = new Set(['taskCompleted', 'taskAborted', 'taskUnfocused'])

export function isSettled(state: TaskState): boolean {
  return settledStates.has(state)
}

export function isSettling(eventName: string): boolean {
  return settlingEvents.has(eventName)
}
