/** A small task of an agent as it would be recorded: it starts, says something in parts, uses tokens, completes. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordedEventLine, recordingHeaderLine } from '../../src/wire/recording.ts'
import type { TaskEvent, TaskMessage } from '../../src/wire/events.ts'

export type Timed = readonly [t: number, event: TaskEvent]

export const recordedId = 'recorded-task'
const zero = { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0, contextTokens: 0 }
export const usage = { totalTokensIn: 2_003, totalTokensOut: 84, totalCost: 0.002171, contextTokens: 1_044 }
export const tools = { write_to_file: { attempts: 1, failures: 0 } }

export function one(eventName: 'taskCreated' | 'taskStarted' | 'taskFocused' | 'taskIdle'): TaskEvent
export function one(eventName: 'taskAborted' | 'taskResumable' | 'taskUnfocused' | 'taskActive'): TaskEvent
export function one(eventName: string): TaskEvent {
  return { eventName, payload: [recordedId] } as TaskEvent
}

export function said(
  ts: number,
  say: NonNullable<TaskMessage['say']>,
  text: string,
  partial?: boolean,
): TaskEvent {
  const message = { ts, type: 'say' as const, say, text, ...(partial === undefined ? {} : { partial }) }
  return { eventName: 'message', payload: [{ taskId: recordedId, action: 'created', message }] }
}

export function updated(event: TaskEvent): TaskEvent {
  if (event.eventName !== 'message') return event
  return { eventName: 'message', payload: [{ ...event.payload[0], action: 'updated' }] }
}

export function used(tokens = usage): TaskEvent {
  return { eventName: 'taskTokenUsageUpdated', payload: [recordedId, tokens, tokens === zero ? {} : tools] }
}

export const completed: TaskEvent = {
  eventName: 'taskCompleted',
  payload: [recordedId, usage, tools, { isSubtask: false }],
}

export const beginning: readonly Timed[] = [
  [0, one('taskCreated')],
  [0, one('taskFocused')],
  [4, said(1_000, 'text', 'the recorded prompt')],
  [10, used(zero)],
  [20, one('taskStarted')],
]

export const work: readonly Timed[] = [
  [30, said(1_010, 'text', 'I ', true)],
  [90, updated(said(1_010, 'text', 'I write', true))],
  [150, updated(said(1_010, 'text', 'I write it.', false))],
  [200, { eventName: 'taskModeSwitched', payload: [recordedId, 'code'] }],
  [220, { eventName: 'taskToolFailed', payload: [recordedId, 'read_file', 'no such file'] }],
  [300, used({ ...usage, totalTokensIn: 1_000 })],
]

export const ending: readonly Timed[] = [
  [400, said(1_300, 'completion_result', 'Wrote it.', false)],
  [400, used()],
  [400, completed],
  [
    400,
    {
      eventName: 'message',
      payload: [
        {
          taskId: recordedId,
          action: 'created',
          message: { ts: 1_301, type: 'ask', ask: 'completion_result', text: '' },
        },
      ],
    },
  ],
  [400, one('taskIdle')],
]

export const sample: readonly Timed[] = [...beginning, ...work, ...ending]

export const header = recordingHeaderLine({ id: recordedId, text: 'the recorded prompt' }, 5_000)

export function linesOf(events: readonly Timed[]): string {
  return events.map(([t, event]) => recordedEventLine(t, event)).join('')
}

/** Writes a recording into `directory`; its path. */
export function writeRecording(directory: string, events: readonly Timed[], name = 'task.jsonl'): string {
  const path = join(directory, name)
  writeFileSync(path, header + linesOf(events))
  return path
}
