import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startDaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import type { Received } from './raw-link.ts'
import { eventsOf, heard, nameOf, said, startCommand, startScript } from './task-events.ts'

const causes = (events: readonly Received[]): unknown[] =>
  events.map((event) => [nameOf(event), event.by, event.causedBy])

test('an event says which client and which request caused it, and nothing where the run itself did', async () => {
  await using daemon = await startDaemonProcess()
  await using starter = await RawLink.open(daemon.socketPath)
  await using watcher = await RawLink.open(daemon.socketPath)
  const task = await startCommand(starter, ['echo', 'hi'])
  await heard(watcher, task, 'taskIdle')
  const by = starter.clientId
  expect(causes(eventsOf(watcher, task)).slice(0, 5)).toEqual([
    ['taskCreated', by, 'raw-1'],
    ['taskFocused', by, 'raw-1'],
    ['say:text', by, 'raw-1'],
    ['taskTokenUsageUpdated', by, 'raw-1'],
    ['taskStarted', by, 'raw-1'],
  ])
  const rest = eventsOf(watcher, task).slice(5)
  expect(rest.map(({ by, causedBy }) => by ?? causedBy)).toEqual(rest.map(() => undefined))
})

test('who cancels, closes, resumes or sends a message is named, not who started', async () => {
  await using daemon = await startDaemonProcess()
  await using starter = await RawLink.open(daemon.socketPath)
  await using other = await RawLink.open(daemon.socketPath)
  const task = await startScript(starter, 'read line; exec sleep 60', { stdin: 'open' })
  const from = eventsOf(starter, task).length
  await other.request('SendMessage', { text: 'hello', taskId: task })
  await other.request('CancelTask', task)
  await heard(starter, task, 'taskResumable')
  await other.request('CloseTask', task)
  await other.request('ResumeTask', task)
  await expect.poll(() => starter.events(task).filter((name) => name === 'taskStarted')).toHaveLength(2)
  // Without a requestId only the client is known.
  starter.command('CloseTask', task)
  await heard(starter, task, 'taskUnfocused')
  const by = other.clientId
  await expect
    .poll(() => causes(eventsOf(starter, task)).slice(from), { timeout: 10_000 })
    .toEqual([
      ['say:user_feedback', by, 'raw-1'],
      ['taskAborted', by, 'raw-2'],
      ['taskResumable', by, 'raw-2'],
      ['taskUnfocused', by, 'raw-3'],
      ['taskFocused', by, 'raw-4'],
      ['taskTokenUsageUpdated', by, 'raw-4'],
      ['taskStarted', by, 'raw-4'],
      ['taskAborted', starter.clientId, undefined],
      ['taskResumable', starter.clientId, undefined],
      ['taskUnfocused', starter.clientId, undefined],
    ])
})

test('every event carries a rising sequence, its task and its time, the same for all clients', async () => {
  await using daemon = await startDaemonProcess({
    args: ['--listen', 'node-ipc+roo-1.89:{dir}/old.sock'],
  })
  await using one = await RawLink.open(daemon.socketPath)
  await using old = await RawLink.open(join(daemon.place.dir, 'old.sock'))
  const before = Date.now()
  const tasks = await Promise.all([startCommand(one, ['echo', 'a']), startCommand(one, ['echo', 'b'])])
  for (const task of tasks) for (const link of [one, old]) await heard(link, task, 'taskIdle')
  for (const link of [one, old]) {
    const events = link.messages.filter(({ type }) => type === 'TaskEvent')
    const numbers = events.map(({ seq }) => seq ?? Number.NaN)
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    for (const { task, at, data } of events) {
      expect(tasks).toContain(task)
      expect(JSON.stringify(data?.payload)).toContain(task)
      expect(at).toBeGreaterThanOrEqual(before)
      expect(at).toBeLessThanOrEqual(Date.now())
    }
  }
  expect(one.messages.find(({ type }) => type === 'TaskEvent')?.seq).toBe(1)
  const place = (link: RawLink) => tasks.flatMap((task) => eventsOf(link, task)).map(({ seq }) => seq)
  expect(place(old)).toEqual(place(one))
})

test('a direct answer carries no sequence and goes to its asker alone', async () => {
  await using daemon = await startDaemonProcess()
  await using asker = await RawLink.open(daemon.socketPath)
  await using other = await RawLink.open(daemon.socketPath)
  expect((await asker.request('GetModes')).ok).toBe(true)
  const answers = asker.messages.filter(({ type }) => type === 'TaskEvent')
  expect(answers.map(nameOf)).toEqual(['modesResponse'])
  expect(answers[0]?.seq).toBeUndefined()
  await other.request('GetStatus')
  expect(other.events()).toEqual([])
})

test('a start that is refused for a client without replies is told to it alone, without a sequence', async () => {
  await using daemon = await startDaemonProcess({
    config: { limits: { runningTasks: 1, queuedTasksMax: 0 } },
  })
  await using asker = await RawLink.open(daemon.socketPath)
  await using other = await RawLink.open(daemon.socketPath)
  const running = await startScript(asker, 'sleep 60')
  await heard(other, running, 'taskStarted')
  const heardSoFar = other.events().length
  asker.command('StartNewTask', { text: 'one more', configuration: { callboard: { command: ['true'] } } })
  await expect.poll(() => asker.events().at(-1)).toBe('taskAborted')
  const refused = asker.messages.at(-1)?.task ?? ''
  expect(said(asker, refused)).toEqual(['taskCreated', 'taskFocused', 'say:text', 'say:error', 'taskAborted'])
  expect(eventsOf(asker, refused).map(({ seq }) => seq)).toEqual(Array(5).fill(undefined))
  await other.request('GetStatus')
  expect(other.events()).toHaveLength(heardSoFar)
})
