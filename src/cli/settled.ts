/** Which states of a task are an end, and which events lead to one. */
import { unsettledStates } from '../wire/commands.ts'
import type { TaskState } from '../wire/commands.ts'

const unsettled: ReadonlySet<TaskState> = new Set(unsettledStates)
const settlingEvents: ReadonlySet<string> = new Set(['taskCompleted', 'taskAborted', 'taskUnfocused'])

export function isSettled(state: TaskState): boolean {
  return !unsettled.has(state)
}

export function isSettling(eventName: string): boolean {
  return settlingEvents.has(eventName)
}
