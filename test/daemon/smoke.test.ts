import { expect, it, vi } from 'vitest'
import { startDaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'

it('brokers a command from one client to another', async () => {
  await using daemon = await startDaemonProcess()
  await using starter = await RawLink.open(daemon.socketPath)
  await using watcher = await RawLink.open(daemon.socketPath)
  const started = await starter.request('StartNewTask', {
    text: 'say hi',
    configuration: { callboard: { command: ['echo', 'hi'], cwd: '/' } },
  })
  expect(started.ok).toBe(true)
  await vi.waitFor(() => expect(watcher.events().at(-1)).toBe('taskIdle'))
  expect(watcher.events()).toEqual(starter.events())
  expect(watcher.events().slice(0, 5)).toEqual([
    'taskCreated',
    'taskFocused',
    'message',
    'taskTokenUsageUpdated',
    'taskStarted',
  ])
})
