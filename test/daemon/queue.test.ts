/** The queue of a real daemon: turns, directories, tasks inside tasks, and what is left of it after a kill. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Task } from '../../src/wire/envelope.ts'
import { program } from '../program.ts'
import { DaemonPlace, startDaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { eventually, heard, processesOf, startCommand, startScript } from './task-events.ts'

const oneSlot = { limits: { runningTasks: 1 } }

async function taskOf(link: RawLink, id: string): Promise<Task> {
  return (await link.request('GetTask', id)).result as Task
}

async function native(path: string): Promise<RawLink> {
  const link = await RawLink.open(path)
  await link.hello()
  return link
}

/** The order in which tasks started to run; what a replay tells a second time counts once. */
function startedInOrder(link: RawLink): string[] {
  const bySeq = new Map(link.messages.map((message) => [message.seq ?? 0, message]))
  const inOrder = [...bySeq.values()].toSorted((one, other) => (one.seq ?? 0) - (other.seq ?? 0))
  return inOrder.flatMap(({ task, data }) =>
    data?.eventName === 'taskStarted' && task !== undefined ? [task] : [],
  )
}

test('tasks run one after the other, those of other clients in between, and each place is told', async () => {
  await using daemon = await startDaemonProcess({ config: oneSlot })
  await using one = await native(daemon.socketPath)
  await using two = await native(daemon.socketPath)
  const first = await startScript(one, 'read -r line', { stdin: 'open' })
  const many: string[] = []
  for (let n = 0; n < 5; n++) many.push(await startCommand(one, ['true']))
  const other = await startCommand(two, ['true'])
  const urgent = await startCommand(one, ['true'], { priority: 10 })
  expect((await taskOf(one, other)).queuePlace).toBe(3)
  expect(await taskOf(one, urgent)).toMatchObject({ state: 'queued', queuePlace: 1, priority: 10 })
  expect(await one.request('CancelTask', many[1])).toMatchObject({ ok: true })
  await heard(two, many[1] ?? '', 'taskAborted')
  await one.request('SendMessage', { taskId: first, text: 'go' })
  await heard(one, many[4] ?? '', 'taskIdle')
  expect(startedInOrder(two)).toEqual([first, urgent, many[0], other, many[2], many[3], many[4]])
})

test('a legacy client’s tasks wait as well: of its many each is told an end', async () => {
  await using daemon = await startDaemonProcess({ config: oneSlot })
  await using legacy = await RawLink.open(daemon.socketPath)
  const configuration = { callboard: { command: ['true'], cwd: '/' } }
  for (let n = 0; n < 10; n++) legacy.command('StartNewTask', { text: `${n}`, configuration })
  await eventually(() => expect(legacy.events().filter((name) => name === 'taskCompleted')).toHaveLength(10))
  expect(legacy.events()).not.toContain('taskQueued')
})

test('at its bound the queue says so, and takes tasks again when one has left', async () => {
  const config = { limits: { runningTasks: 1, queuedTasksMax: 1 } }
  await using daemon = await startDaemonProcess({ config })
  await using link = await native(daemon.socketPath)
  const first = await startScript(link, 'sleep 60')
  await startCommand(link, ['true'])
  const start = { text: '', configuration: { callboard: { command: ['true'], cwd: '/' } } }
  expect(await link.request('StartNewTask', start)).toMatchObject({ error: { code: 'queue_full' } })
  await link.request('CancelTask', first)
  await heard(link, first, 'taskAborted')
  await eventually(async () => expect(await link.request('StartNewTask', start)).toMatchObject({ ok: true }))
})

test('tasks of an exclusive profile wait for each other in one directory, whatever it is called', async () => {
  using place = new DaemonPlace()
  const [real, linked, elsewhere] = ['real', 'linked', 'elsewhere'].map((name) => join(place.dir, name))
  for (const path of [real, elsewhere]) mkdirSync(path ?? '')
  symlinkSync(real ?? '', linked ?? '')
  const profiles = { agent: { runner: 'command', command: ['sleep', '60'], exclusive: 'cwd' } }
  await using daemon = await startDaemonProcess({ place, config: { profiles, limits: { runningTasks: 64 } } })
  await using link = await native(daemon.socketPath)
  const start = async (callboard: object): Promise<string> => {
    const { result } = await link.request('StartNewTask', { text: '', configuration: { callboard } })
    return (result as { taskId: string }).taskId
  }
  const first = await start({ profile: 'agent', cwd: real })
  const second = await start({ profile: 'agent', cwd: linked })
  const third = await start({ profile: 'agent', cwd: elsewhere })
  const plain = await start({ command: ['sleep', '60'], cwd: real })
  for (const id of [first, third, plain]) await heard(link, id, 'taskStarted')
  expect((await taskOf(link, second)).state).toBe('queued')
  await link.request('CancelTask', first)
  await heard(link, second, 'taskStarted')
})

test('what a task starts and waits for does not wait for it, though the only slot is taken', async () => {
  await using daemon = await startDaemonProcess({ config: oneSlot })
  await using link = await native(daemon.socketPath)
  const inner = `${process.execPath} ${program} run -- echo inner`
  const task = await startScript(link, `${inner} && echo outer`, {
    env: { ...daemon.place.env, NODE_NO_WARNINGS: '1' },
  })
  await heard(link, task, 'taskIdle')
  const { result } = await link.request('ListTasks', {})
  const { tasks } = result as { tasks: Task[] }
  expect(tasks).toHaveLength(2)
  expect(tasks.find(({ id }) => id !== task)).toMatchObject({ parent: task, state: 'completed' })
})

test('what waits when the daemon is killed waits on in its order, runs once, and what ran does not run by itself', async () => {
  using place = new DaemonPlace()
  const first = await startDaemonProcess({ place, config: oneSlot })
  const link = await native(first.socketPath)
  const running = await startScript(link, 'sleep 60')
  const waiting: string[] = []
  for (const priority of [0, 0, 5]) waiting.push(await startCommand(link, ['true'], { priority }))
  await first.kill('SIGKILL')

  await using second = await startDaemonProcess({ place, config: oneSlot })
  await using again = await native(second.socketPath)
  await again.request('Subscribe', { after: 0 })
  for (const id of waiting) await heard(again, id, 'taskIdle')
  const order = [running, waiting[2], waiting[0], waiting[1]]
  await eventually(() => expect(startedInOrder(again)).toEqual(order))
  expect((await taskOf(again, running)).state).toBe('resumable')
  expect(again.events(running).filter((name) => name === 'taskStarted')).toHaveLength(1)
  const left = existsSync('/proc/self/environ') ? processesOf(running) : []
  expect(left).toEqual([])
})

test('what waits when the daemon is stopped is left for the next start', async () => {
  using place = new DaemonPlace()
  const first = await startDaemonProcess({ place, config: oneSlot })
  const link = await native(first.socketPath)
  const running = await startScript(link, 'sleep 60')
  const waiting = await startCommand(link, ['true'])
  expect(await first.kill('SIGTERM')).toBe(0)
  expect(link.events(waiting)).not.toContain('taskAborted')
  expect(link.events(running)).toContain('taskAborted')

  await using second = await startDaemonProcess({ place, config: oneSlot })
  await using again = await native(second.socketPath)
  await again.request('Subscribe', { after: 0 })
  await heard(again, waiting, 'taskIdle')
  await eventually(() => expect(startedInOrder(again)).toEqual([running, waiting]))
})
