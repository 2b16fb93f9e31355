import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { taskMachine } from '../../machines/task.ts'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { expectAsInLedger } from './ledger.ts'
import { samples, taskInput } from './sample-events.ts'
import { TaskDriver } from './task-driver.ts'
import { asking, waiting, walkAsking, walkWaiting } from './socket-waiting.ts'
import { pathOf, tours } from './tours.ts'

const { cancel, close, resume } = samples.task
const started = samples.task['run.started']
const granted = samples.task['slot.granted']
const completed = samples.task['run.completed']
const failed = samples.task['run.failed']

const startsFirst = (state: string, event: string): boolean => {
  if (state === 'queued') return event === 'slot.granted'
  return state === 'starting' ? event === 'run.started' : event !== 'run.started'
}

/** A task whose command cannot be started never can; each other task runs before anything else happens to it. */
const generated = [
  ...tours(taskMachine, taskInput, { events: [granted, failed, resume, close], may: couldNotStart }),
  ...tours(taskMachine, taskInput, {
    events: [granted, started, completed, failed, cancel, close, resume],
    may: startsFirst,
  }),
]

/** What is told to end while it starts does so by itself, and says before that it started. */
const byHand = [cancel, close].map((end) => pathOf(taskMachine, taskInput, [granted, end, started, failed]))

function couldNotStart(state: string, event: string): boolean {
  if (state === 'queued') return event === 'slot.granted'
  return state === 'starting' ? event === 'run.failed' : true
}

let daemon: DaemonProcess
let watchers: RawLink[]

beforeAll(async () => {
  // What is told to end must not be ended by the grace before the path says so.
  daemon = await startDaemonProcess({ config: { limits: { cancelGraceMs: 600_000, runningTasks: 256 } } })
  watchers = [await RawLink.open(daemon.socketPath), await RawLink.open(daemon.socketPath)]
  for (const watcher of watchers) await watcher.hello()
})

afterAll(async () => {
  await daemon[Symbol.asyncDispose]()
})

describe('a task of a real daemon', () => {
  test.concurrent.each([...generated, ...byHand])('walks $title', async (tour) => {
    await using link = await RawLink.open(daemon.socketPath)
    await link.hello()
    const walked = await new TaskDriver(link, watchers).walk(tour)
    expect(walked).toBe(tour.steps.length)
  })

  test.concurrent(`walks ${asking.title}`, async () => {
    await using link = await RawLink.open(daemon.socketPath)
    await link.hello()
    const ask = [
      'ask:followup',
      'askOpened',
      'taskInteractive',
      'askResolved',
      'taskAskResponded',
      'taskActive',
    ]
    const end = ['taskExited', 'taskCompleted', 'ask:completion_result', 'taskIdle']
    const told = ['taskCreated', 'taskFocused', 'taskStarted', ...ask, ...ask, ...end]
    expect(await walkAsking({ link, watchers })).toEqual([told, told, told])
  })

  test('waits behind another, and goes on or does not', async () => {
    await using narrow = await startDaemonProcess({ config: { limits: { runningTasks: 1 } } })
    await using link = await RawLink.open(narrow.socketPath)
    await using watcher = await RawLink.open(narrow.socketPath)
    for (const one of [link, watcher]) await one.hello()
    const ends: unknown[] = []
    for (const tour of waiting) ends.push(await walkWaiting({ link, watchers: [watcher] }, tour))
    expect(ends).toEqual(['taskUnfocused', 'taskUnfocused', 'taskIdle'])
  })

  test('these are all the edges that a client can cause', () => {
    const walked = [...generated, ...byHand, ...waiting, asking].flatMap(({ steps }) =>
      steps.flatMap(({ edges }) => edges),
    )
    expectAsInLedger('task', 'socket', walked)
  })
})
