/**
 * What a raw link heard of a task, for tests of whole daemons: starting one, waiting for an event, naming what was said.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, vi } from 'vitest'
import type { RawLink, Received } from './raw-link.ts'

/** How long a step of a real daemon may take on a busy machine. */
const patience = { timeout: 10_000, interval: 10 }

/** Waits until `look` throws no more, and gives what it gives. */
export async function eventually<T>(look: () => T): Promise<T> {
  return await vi.waitFor(look, patience)
}

/** Starts a command and gives its task's id, once the daemon has said it. */
export async function startCommand(
  link: RawLink,
  command: readonly string[],
  callboard: object = {},
): Promise<string> {
  const { ok, result, error } = await link.request('StartNewTask', {
    text: command.join(' '),
    configuration: { callboard: { command, cwd: '/', ...callboard } },
  })
  expect(ok, error?.message ?? '').toBe(true)
  return taskIdOf(result)
}

function taskIdOf(result: unknown): string {
  if (typeof result !== 'object' || result === null || !('taskId' in result)) throw new Error('no taskId')
  return String(result.taskId)
}

/** Starts a shell script and waits until it runs. */
export async function startScript(link: RawLink, script: string, callboard: object = {}): Promise<string> {
  const task = await startCommand(link, ['sh', '-c', script], callboard)
  await heard(link, task, 'taskStarted')
  return task
}

/** Waits until the link has heard `event` of `task`. */
export async function heard(link: RawLink, task: string, event: string): Promise<void> {
  await eventually(() => expect(link.events(task)).toContain(event))
}

/** The events of a task in order, messages by what was said: `say:text`, `ask:completion_result`. */
export function said(link: RawLink, task: string): string[] {
  const names = eventsOf(link, task).map(nameOf)
  // A message that is updated is one message.
  return names.filter((name, index) => name !== names[index - 1])
}

export function eventsOf(link: RawLink, task: string): Received[] {
  return link.messages.filter((message) => message.type === 'TaskEvent' && message.task === task)
}

/** An event's name; a message's is what it says or asks. */
export function nameOf({ data }: Received): string {
  const [first] = data?.payload ?? []
  if (data?.eventName !== 'message' || !isMessage(first)) return data?.eventName ?? ''
  const { type, say, ask } = first.message
  return `${type}:${say ?? ask ?? ''}`
}

/** The texts of a task's messages of one kind, each as it was told last. */
export function textsOf(link: RawLink, task: string, kind: string): string[] {
  const texts = new Map<number, string>()
  for (const event of eventsOf(link, task)) {
    const [first] = event.data?.payload ?? []
    if (isMessage(first) && nameOf(event) === kind) texts.set(first.message.ts, first.message.text ?? '')
  }
  return [...texts.values()]
}

interface Message {
  readonly message: {
    readonly ts: number
    readonly type: string
    readonly say?: string
    readonly ask?: string
    readonly text?: string
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && 'message' in value
}

/** Processes that carry the task's id in their environment (Linux); zombies carry nothing any more. */
export function processesOf(task: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && carries(pid, `CALLBOARD_TASK=${task}`))
}

function carries(pid: number, variable: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable)
  } catch {
    return false
  }
}
