import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startDaemonProcess } from './daemon-process.ts'
import type { DaemonOptions, DaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { eventsOf, eventually, heard, processesOf, said, startScript, textsOf } from './task-events.ts'

const beginning = ['taskCreated', 'taskFocused', 'say:text', 'taskTokenUsageUpdated', 'taskStarted']
const cancelled = ['taskAborted', 'taskResumable']

/** A daemon whose running tasks get this long when it is told to stop. */
async function daemonWithDeadline(deadline: string, options: DaemonOptions = {}): Promise<DaemonProcess> {
  return await startDaemonProcess({
    ...options,
    args: ['--drain-deadline', deadline, ...(options.args ?? [])],
  })
}

describe('SIGTERM', () => {
  test('takes no new task, tells clients, lets a running one finish and ends with 0', async () => {
    await using daemon = await daemonWithDeadline('60s')
    await using native = await RawLink.open(daemon.socketPath)
    await native.hello()
    await using legacy = await RawLink.open(daemon.socketPath)
    const go = join(daemon.place.dir, 'go')
    const task = await startScript(native, `while [ ! -e ${go} ]; do sleep 0.02; done; echo finished`)
    daemon.child.kill('SIGTERM')
    await eventually(() => expect(native.events()).toContain('daemonDraining'))

    const refused = await native.request('StartNewTask', { text: 'late' })
    expect(refused.error?.code).toBe('draining')
    legacy.command('StartNewTask', { text: 'late', configuration: {} })
    await eventually(() => expect(legacy.events()).toContain('taskAborted'))
    const late = legacy.messages.at(-1)?.task ?? ''
    expect(said(legacy, late)).toEqual(['taskCreated', 'taskFocused', 'say:text', 'say:error', 'taskAborted'])
    expect(eventsOf(legacy, late).every(({ seq }) => seq === undefined)).toBe(true)
    expect(legacy.events()).not.toContain('daemonDraining')
    // Watching goes on, also for who comes now.
    await using latecomer = await RawLink.open(daemon.socketPath)
    expect((await latecomer.request('GetStatus')).result).toMatchObject({ tasks: { running: 1 } })

    writeFileSync(go, '')
    expect(await daemon.exited).toBe(0)
    for (const link of [native, legacy, latecomer]) {
      await link.closed()
      expect(said(link, task).slice(-2)).toEqual(['ask:completion_result', 'taskIdle'])
    }
    expect(textsOf(native, task, 'say:command_output')).toEqual(['finished\n'])
    expect(existsSync(daemon.socketPath)).toBe(false)
  })

  test('cancels what still runs at the deadline, and clients hear of it before they are closed', async () => {
    await using daemon = await daemonWithDeadline('200ms')
    await using starter = await RawLink.open(daemon.socketPath)
    await using watcher = await RawLink.open(daemon.socketPath)
    const tasks = [await startScript(starter, 'exec sleep 60'), await startScript(starter, 'sleep 60; true')]
    expect(await daemon.kill('SIGTERM')).toBe(0)
    for (const link of [starter, watcher]) {
      await link.closed()
      for (const task of tasks) expect(said(link, task)).toEqual([...beginning, ...cancelled])
    }
    expect(tasks.flatMap(processesOf)).toEqual([])
  })

  test('waits for the end of tasks that get no grace at all', async () => {
    await using daemon = await daemonWithDeadline('0ms', { config: { limits: { cancelGraceMs: 0 } } })
    await using link = await RawLink.open(daemon.socketPath)
    const tasks = [
      await startScript(link, 'sleep 60 & (setsid sleep 60 &) ; wait'),
      await startScript(link, 'exec sleep 60'),
    ]
    expect(await daemon.kill('SIGTERM')).toBe(0)
    await link.closed()
    for (const task of tasks) expect(said(link, task)).toEqual([...beginning, ...cancelled])
    expect(tasks.flatMap(processesOf)).toEqual([])
  })

  test('ends a daemon without tasks at once, however long the deadline', async () => {
    await using daemon = await daemonWithDeadline('1h')
    await using link = await RawLink.open(daemon.socketPath)
    expect(await daemon.kill('SIGTERM')).toBe(0)
    await link.closed()
  })

  test('gives a link that waits for much all of it before the close', async () => {
    await using daemon = await daemonWithDeadline('60s')
    await using starter = await RawLink.open(daemon.socketPath)
    await using slow = await RawLink.open(daemon.socketPath)
    slow.socket.pause()
    const go = join(daemon.place.dir, 'go')
    const task = await startScript(
      starter,
      `yes 0123456789 | head -c 1000000; while [ ! -e ${go} ]; do sleep 0.02; done; echo last`,
    )
    daemon.child.kill('SIGTERM')
    await eventually(() => expect(daemon.log).toContain('"draining"'))
    writeFileSync(go, '')
    await heard(starter, task, 'taskIdle')
    slow.socket.resume()
    expect(await daemon.exited).toBe(0)
    await slow.closed()
    expect(textsOf(slow, task, 'say:command_output').join('')).toHaveLength(1_000_000 + 5)
    expect(slow.messages).toEqual([
      { ...slow.messages[0] },
      ...starter.messages.slice(1).filter((m) => m.type !== 'Reply'),
    ])
  })

  test('is not held up by a client that reads nothing', async () => {
    await using daemon = await daemonWithDeadline('0ms')
    await using mute = await RawLink.open(daemon.socketPath)
    mute.socket.pause()
    await using starter = await RawLink.open(daemon.socketPath)
    const task = await startScript(starter, 'yes 0123456789 | head -c 2000000; sleep 60')
    await eventually(() =>
      expect(textsOf(starter, task, 'say:command_output').join('')).toHaveLength(2_000_000),
    )
    // Only the bound on a link's last bytes, whose time a clock wound by hand proves elsewhere, lets go of the mute one.
    expect(await daemon.kill('SIGTERM')).toBe(0)
    expect(said(starter, task).slice(-2)).toEqual(cancelled)
  })
})

describe('a second signal', () => {
  test('ends tasks by force, and clients still hear their end', async () => {
    await using daemon = await daemonWithDeadline('60s', { config: { limits: { cancelGraceMs: 60_000 } } })
    await using link = await RawLink.open(daemon.socketPath)
    const task = await startScript(link, `trap '' TERM; echo deaf; while :; do sleep 0.1; done`)
    await heard(link, task, 'message')
    daemon.child.kill('SIGTERM')
    await eventually(() => expect(daemon.log).toContain('"draining"'))
    expect(await daemon.kill('SIGTERM')).toBe(0)
    await link.closed()
    expect(said(link, task).slice(-2)).toEqual(cancelled)
    expect(processesOf(task)).toEqual([])
    expect(daemon.log).toContain('stopping by force')
  })

  test('after the deadline does not wait for the grace of a task that ignores its end', async () => {
    await using daemon = await daemonWithDeadline('0ms', { config: { limits: { cancelGraceMs: 60_000 } } })
    await using link = await RawLink.open(daemon.socketPath)
    const task = await startScript(link, `trap '' TERM; echo deaf; while :; do sleep 0.1; done`)
    await eventually(() => expect(textsOf(link, task, 'say:command_output')).toEqual(['deaf\n']))
    daemon.child.kill('SIGTERM')
    await eventually(() => expect(daemon.log).toContain('"draining"'))
    expect(await daemon.kill('SIGINT')).toBe(0)
    expect(said(link, task).slice(-2)).toEqual(cancelled)
    expect(processesOf(task)).toEqual([])
  })

  test('that comes with the first ends an idle daemon at once too', async () => {
    // Were the deadline waited for, this test would be over first.
    await using daemon = await daemonWithDeadline('1h')
    daemon.child.kill('SIGSTOP')
    daemon.child.kill('SIGTERM')
    daemon.child.kill('SIGINT')
    expect(await daemon.kill('SIGCONT')).toBe(0)
  })
})

describe('Shutdown', () => {
  test('is answered, then drains with the deadline that it names', async () => {
    await using daemon = await daemonWithDeadline('1h')
    await using asker = await RawLink.open(daemon.socketPath)
    await using other = await RawLink.open(daemon.socketPath)
    await other.hello()
    const task = await startScript(asker, 'exec sleep 60')
    expect(await asker.request('Shutdown', { deadlineMs: 100 })).toEqual({ ok: true, result: {} })
    expect(await daemon.exited).toBe(0)
    for (const link of [asker, other]) {
      await link.closed()
      expect(said(link, task).slice(-2)).toEqual(cancelled)
    }
    const notice = other.messages.find(({ data }) => data?.eventName === 'daemonDraining')
    expect(notice?.data?.payload).toEqual([{ deadlineMs: 100 }])
    expect(existsSync(daemon.socketPath)).toBe(false)
  })
})
