/**
 * Ways of a task that waits, over a real daemon's sockets: for its slot, behind a task that has the only one, and for an
 * answer. What every watcher hears of each step is written here by hand, from the protocol's "Order".
 */
import { expect } from 'vitest'
import type { RawLink } from '../daemon/raw-link.ts'
import { eventually, heard, startCommand, startScript } from '../daemon/task-events.ts'
import { samples, taskInput } from './sample-events.ts'
import { told } from './told.ts'
import { pathOf } from './tours.ts'
import type { Tour } from './tours.ts'
import { taskMachine } from '../../machines/task.ts'

const { cancel, close, resume } = samples.task
const path = (...events: readonly { type: string }[]): Tour => pathOf(taskMachine, taskInput, events)
const run = [samples.task['slot.granted'], samples.task['run.started']]
const answered = [samples.task['ask.opened'], samples.task['asks.answered']]

/** Behind another task: never run, or resumed into the queue and run at last. */
export const waiting = [
  path(close),
  path(cancel, close),
  path(cancel, resume, cancel, resume, ...run, samples.task['run.completed']),
]
export const asking = path(...run, ...answered, ...answered, samples.task['run.completed'])

const finished = [
  ...['taskExited', 'say:completion_result', 'taskTokenUsageUpdated'],
  ...['taskCompleted', 'ask:completion_result', 'taskIdle'],
]
const aborted = ['taskAborted', 'taskResumable']

/** One who takes steps, and who watches: all have said Hello. */
export interface Peers {
  readonly link: RawLink
  readonly watchers: readonly RawLink[]
}

/** Where a daemon with one slot has it taken: what is started then waits. What was told at last. */
export async function walkWaiting({ link, watchers }: Peers, { steps }: Tour): Promise<string | undefined> {
  const holder = await startScript(link, 'read -r line', { stdin: 'open' })
  const task = await startCommand(link, ['true'])
  const expected = ['taskCreated', 'taskFocused', 'say:text', 'taskQueued']
  for (const { before, event, after } of steps) {
    await expectTold([link, ...watchers], task, expected)
    expect(await stateOf(link, task)).toBe(before === 'settled.aborted' ? 'aborted' : before)
    if (event.type === 'cancel') expected.push(...aborted)
    if (event.type === 'close') expected.push(...(before === 'queued' ? aborted : []), 'taskUnfocused')
    if (event.type === 'resume') expected.push('taskFocused', 'taskQueued')
    if (event.type === 'slot.granted') {
      await link.request('SendMessage', { taskId: holder, text: 'end' })
      expected.push('taskTokenUsageUpdated', 'taskStarted', ...finished)
      break
    }
    const command = { cancel: 'CancelTask', close: 'CloseTask', resume: 'ResumeTask' }[event.type] ?? ''
    expect((await link.request(command, task)).ok, `${event.type} to ${after}`).toBe(true)
  }
  await expectTold([link, ...watchers], task, expected)
  await link.request('CancelTask', holder)
  await heard(link, holder, 'taskExited')
  return told(link, task).at(-1)
}

const asks = (text: string): string =>
  `echo '{"text":"${text}"}' >&"$CALLBOARD_ASK_FD"; read -r line <&"$CALLBOARD_ASK_FD"`

/** It asks twice, and another than its starter answers. What each peer was told but for what was said. */
export async function walkAsking({ link, watchers }: Peers): Promise<string[][]> {
  const script = `${asks('Which?')}; ${asks('And then?')}`
  const task = await startCommand(link, ['sh', '-c', script])
  const answerer = watchers[0] ?? link
  for (const time of [1, 2]) {
    await eventually(() =>
      expect(link.events(task).filter((name) => name === 'taskInteractive')).toHaveLength(time),
    )
    expect(await stateOf(link, task)).toBe('interactive')
    const { result } = await link.request('GetTask', task)
    const { asks: open } = result as { readonly asks: readonly { readonly id: string }[] }
    expect(open).toHaveLength(1)
    const { ok } = await answerer.request('RespondToAsk', { askId: open[0]?.id, text: 'this' })
    expect(ok).toBe(true)
  }
  for (const one of [link, ...watchers]) await heard(one, task, 'taskIdle')
  return [link, ...watchers].map((one) => told(one, task).filter((word) => !/^(?:say|taskToken)/.test(word)))
}

async function expectTold(
  links: readonly RawLink[],
  task: string,
  expected: readonly string[],
): Promise<void> {
  await eventually(() => {
    for (const link of links) expect(told(link, task)).toEqual(expected)
  })
}

async function stateOf(link: RawLink, task: string): Promise<string> {
  const { result } = await link.request('GetTask', task)
  return (result as { state: string }).state
}
