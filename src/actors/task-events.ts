/**
 * The orders of events that a client may rely on (PROTOCOL.md, "Orders of events"), as batches: each is one commit.
 */
import type { StartNewTask } from '../wire/commands.ts'
import type {
  Ask,
  AskOutcome,
  Exit,
  QueuedMessage,
  TaskEvent,
  TaskMessage,
  TokenUsage,
} from '../wire/events.ts'
import type { RunnerMessage, RunResult } from '../runners/runner.ts'

/** What a command costs. */
const noUsage: TokenUsage = { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0, contextTokens: 0 }

export function message(taskId: string, action: 'created' | 'updated', said: TaskMessage): TaskEvent {
  return { eventName: 'message', payload: [{ taskId, action, message: said }] }
}

function say(taskId: string, ts: number, name: NonNullable<TaskMessage['say']>, text: string): TaskEvent {
  return message(taskId, 'created', { ts, type: 'say', say: name, text })
}

type Prompt = Pick<StartNewTask, 'text' | 'images'>

/** The prompt's text travels in this one message only. */
export function created(taskId: string, request: Prompt, ts: number): TaskEvent[] {
  const { text, images } = request
  const prompt: TaskMessage = {
    ts,
    type: 'say',
    say: 'text',
    text,
    ...(images === undefined ? {} : { images }),
  }
  return [
    { eventName: 'taskCreated', payload: [taskId] },
    { eventName: 'taskFocused', payload: [taskId] },
    message(taskId, 'created', prompt),
  ]
}

/** taskStarted comes strictly before any usage that is not zero: eval runners wait for it. */
export function started(taskId: string): TaskEvent[] {
  return [
    { eventName: 'taskTokenUsageUpdated', payload: [taskId, noUsage, {}] },
    { eventName: 'taskStarted', payload: [taskId] },
  ]
}

/** The order of a start that was refused, told to its client alone. */
export function couldNotStart(taskId: string, request: Prompt, reason: string, ts: number): TaskEvent[] {
  return [...created(taskId, request, ts), ...notStarted(taskId, reason, ts + 1)]
}

export function notStarted(taskId: string, reason: string, ts: number): TaskEvent[] {
  return [say(taskId, ts, 'error', reason), { eventName: 'taskAborted', payload: [taskId] }]
}

/** What a client said was accepted, and its run refuses it after all. */
export function notTaken(taskId: string, reason: string, ts: number): TaskEvent[] {
  return [say(taskId, ts, 'error', `A message was not taken: ${reason}`)]
}

/** It waits for a slot. */
export function queued(taskId: string, place: number, priority: number): TaskEvent[] {
  return [{ eventName: 'taskQueued', payload: [taskId, { place, priority }] }]
}

/** Clients that know no asks are shown a message. */
export function asked(shown: RunnerMessage, ask: Ask): TaskEvent[] {
  return [
    message(ask.task, shown.action, shown.message),
    { eventName: 'askOpened', payload: [ask.task, ask] },
  ]
}

/** What was said is part of the task's story, as every message of a client is. */
export function askEnded(ask: Ask, outcome: AskOutcome, nextTs: () => number): TaskEvent[] {
  const resolved: TaskEvent = { eventName: 'askResolved', payload: [ask.task, outcome] }
  if (outcome.outcome !== 'answered') return [resolved]
  const said = outcome.text === undefined ? [] : userSaid(ask.task, outcome.text, [], nextTs())
  return [resolved, ...said, { eventName: 'taskAskResponded', payload: [ask.task] }]
}

export function resumed(taskId: string): TaskEvent[] {
  return [{ eventName: 'taskFocused', payload: [taskId] }]
}

function exited(taskId: string, exit: Exit | undefined): TaskEvent[] {
  return exit === undefined ? [] : [{ eventName: 'taskExited', payload: [taskId, exit] }]
}

/** `ts` is the first of two; the first is not used where the completion has been said before, also in part. */
export function completed(taskId: string, { text, exit, usage, saidTs }: RunResult, ts: number): TaskEvent[] {
  const { tokens, tools } = usage ?? { tokens: noUsage, tools: {} }
  const action = saidTs === undefined ? 'created' : 'updated'
  const said = { ts: saidTs ?? ts, type: 'say', say: 'completion_result', text, partial: false } as const
  return [
    ...exited(taskId, exit),
    message(taskId, action, said),
    { eventName: 'taskTokenUsageUpdated', payload: [taskId, tokens, tools] },
    { eventName: 'taskCompleted', payload: [taskId, tokens, tools, { isSubtask: false }] },
    message(taskId, 'created', { ts: ts + 1, type: 'ask', ask: 'completion_result', text: '' }),
    { eventName: 'taskIdle', payload: [taskId] },
  ]
}

function abortedWith(taskId: string, resumable: boolean): TaskEvent[] {
  const aborted: TaskEvent = { eventName: 'taskAborted', payload: [taskId] }
  return resumable ? [aborted, { eventName: 'taskResumable', payload: [taskId] }] : [aborted]
}

/** `ts` is the first of two; the second is that of the question which an agent's failure puts to its clients. */
export function failed(
  taskId: string,
  { text, exit, ask }: { text: string; exit?: Exit | undefined; ask?: RunResult['ask'] | undefined },
  ts: number,
  resumable: boolean,
): TaskEvent[] {
  const asked: TaskMessage | undefined =
    ask === undefined ? undefined : { ts: ts + 1, type: 'ask', ask, text, partial: false }
  return [
    ...exited(taskId, exit),
    say(taskId, ts, 'error', text),
    ...(asked === undefined ? [] : [message(taskId, 'created', asked)]),
    ...abortedWith(taskId, resumable),
  ]
}

export function aborted(taskId: string, exit: Exit | undefined, resumable: boolean): TaskEvent[] {
  return [...exited(taskId, exit), ...abortedWith(taskId, resumable)]
}

export function interrupted(taskId: string, reason: string, ts: number, resumable: boolean): TaskEvent[] {
  return [say(taskId, ts, 'error', reason), ...abortedWith(taskId, resumable)]
}

export function closed(taskId: string): TaskEvent[] {
  return [{ eventName: 'taskUnfocused', payload: [taskId] }]
}

export function userSaid(taskId: string, text: string, images: readonly string[], ts: number): TaskEvent[] {
  const shown = images.length === 0 ? {} : { images: [...images] }
  return [message(taskId, 'created', { ts, type: 'say', say: 'user_feedback', text, ...shown })]
}

export function queueChanged(taskId: string, queue: readonly QueuedMessage[]): TaskEvent[] {
  return [{ eventName: 'queuedMessagesUpdated', payload: [taskId, [...queue]] }]
}
