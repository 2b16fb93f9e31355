import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { startDaemonProcess } from './daemon-process.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { eventually, heard, processesOf, said, startScript } from './task-events.ts'

/** Processes that leave by every door: background, double fork, a session of their own, deaf to TERM, all of it. */
const escapes = {
  'in the background': 'sleep 300 & sleep 300 & wait',
  'forked twice': '(sleep 300 &) ; (sh -c "sleep 300 & sleep 300 &") ; exec sleep 300',
  'in a session of its own': 'setsid sleep 300 & (setsid sh -c "sleep 300 & wait" &) ; exec sleep 300',
  'deaf to TERM': `trap '' TERM; sleep 300 & while :; do sleep 0.2; done`,
  'forked twice into a session of its own, deaf, with output of its own':
    `(setsid sh -c "trap '' TERM; sleep 300 & while :; do sleep 0.2; done" >/dev/null 2>&1 </dev/null &) ; ` +
    'exec sleep 300',
} as const
const doors = Object.entries(escapes)

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
}

/** Two at least, where each script has become all that it becomes. */
async function startedAll(link: RawLink): Promise<string[]> {
  const tasks: string[] = []
  for (const [, script] of doors) tasks.push(await startScript(link, script))
  for (const task of tasks) await eventually(() => expect(processesOf(task).length).toBeGreaterThan(1))
  return tasks
}

async function daemonWithGrace(cancelGraceMs: number, ...args: readonly string[]): Promise<DaemonProcess> {
  return await startDaemonProcess({ config: { limits: { cancelGraceMs, runningTasks: 100 } }, args })
}

const started: string[] = []
afterEach(() => {
  // What a failed test leaves must not outlive it.
  for (const pid of started.splice(0).flatMap(processesOf)) process.kill(pid, 'SIGKILL')
})

describe.skipIf(!existsSync('/proc/self/environ'))('no process of a task is left (found by /proc)', () => {
  test('when it is cancelled, nor when it is closed', async () => {
    await using daemon = await daemonWithGrace(300)
    await using link = await RawLink.open(daemon.socketPath)
    for (const command of ['CancelTask', 'CloseTask']) {
      const tasks = await startedAll(link)
      started.push(...tasks)
      for (const task of tasks) link.command(command, task)
      for (const task of tasks) {
        await heard(link, task, command === 'CancelTask' ? 'taskResumable' : 'taskUnfocused')
        // At the end's announcement, not some time after it.
        expect(processesOf(task), said(link, task).join(' ')).toEqual([])
      }
    }
  })

  test('when its command has ended and left them behind', async () => {
    await using daemon = await daemonWithGrace(300)
    await using link = await RawLink.open(daemon.socketPath)
    const left = `(setsid sh -c "trap '' TERM; while :; do sleep 0.2; done" >/dev/null 2>&1 </dev/null &)`
    for (const script of [`${left}; sleep 0.1; exit 0`, 'sleep 300 & sleep 0.1; exit 0']) {
      const task = await startScript(link, script)
      started.push(task)
      await heard(link, task, 'taskIdle')
      expect(said(link, task)).toContain('taskCompleted')
      expect(processesOf(task)).toEqual([])
    }
  })

  test('when the daemon is stopped', async () => {
    await using daemon = await daemonWithGrace(300)
    await using link = await RawLink.open(daemon.socketPath)
    const tasks = await startedAll(link)
    started.push(...tasks)
    expect(await daemon.kill('SIGTERM')).toBe(0)
    expect(tasks.flatMap(processesOf)).toEqual([])
    await link.closed()
    for (const task of tasks) expect(said(link, task).slice(-2)).toEqual(['taskAborted', 'taskResumable'])
  })

  test('when the daemon is stopped by force', async () => {
    await using daemon = await daemonWithGrace(60_000, '--drain-deadline', '60s')
    await using link = await RawLink.open(daemon.socketPath)
    const tasks = await startedAll(link)
    started.push(...tasks)
    daemon.child.kill('SIGTERM')
    await eventually(() => expect(daemon.log).toContain('"draining"'))
    expect(await daemon.kill('SIGTERM')).toBe(0)
    expect(tasks.flatMap(processesOf)).toEqual([])
  })

  test('of another task is ended with it', async () => {
    await using daemon = await daemonWithGrace(300)
    await using link = await RawLink.open(daemon.socketPath)
    const [one, other] = [
      await startScript(link, escapes['forked twice']),
      await startScript(link, escapes['forked twice']),
    ]
    started.push(one, other)
    // Four also while one forks and another is not there yet.
    for (const task of [one, other])
      await eventually(() => expect(processesOf(task).map(nameOf)).toEqual(Array(4).fill('sleep')))
    const before = processesOf(other)
    await link.request('CancelTask', one)
    await heard(link, one, 'taskResumable')
    expect(processesOf(one)).toEqual([])
    expect(processesOf(other)).toEqual(before)
  })
})
