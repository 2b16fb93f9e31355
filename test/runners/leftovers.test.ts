import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { limits as defaults } from '../../src/limits.ts'
import { endLeftovers } from '../../src/runners/leftovers.ts'
import type { LeftoverOptions } from '../../src/runners/leftovers.ts'
import { processTable } from '../../src/runners/process-table.ts'
import type { ProcessTable } from '../../src/runners/process-table.ts'

const limits = { cancelGraceMs: 300, reapPollMs: 5, reapDeadlineMs: 1_000 }
const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** As if a daemon had left it. */
function sleeping(task: string, command = ['sleep', '1000']): number {
  const [program = '', ...args] = command
  const env = { CALLBOARD_TASK: task, PATH: process.env['PATH'] }
  const child = spawn(program, args, { env, detached: true, stdio: 'ignore' })
  started.push(child)
  if (child.pid === undefined) throw new Error('not started')
  return child.pid
}

function lives(pid: number): boolean {
  return processTable.find(pid)?.zombie === false
}

/** A daemon that starts now: what this test has started was there before it. */
function startedNow(ticksLater = 0): Partial<LeftoverOptions> {
  const newest = sleeping('none')
  const start = processTable.find(newest)?.start ?? 0
  const table: ProcessTable = {
    read: () => processTable.read(),
    find: (pid) => {
      const entry = processTable.find(pid)
      return entry === undefined || pid !== process.pid ? entry : { ...entry, start: start + ticksLater }
    },
  }
  return { table, limits, startedAt: Date.now() }
}

describe.skipIf(!existsSync('/proc/self/environ'))('what a killed daemon left behind', () => {
  test('is ended with all that descends from it, also what is deaf to TERM; other tasks are left alone', async () => {
    const [task, other] = [randomUUID(), randomUUID()]
    const deaf = `trap '' TERM; env -i sleep 1000 & while :; do sleep 0.1; done`
    const pids = [sleeping(task), sleeping(task, ['sh', '-c', deaf]), sleeping(other)]
    await expect.poll(() => pids.map(lives)).toEqual([true, true, true])
    const options = startedNow()
    expect(await endLeftovers([{ id: task, createdAt: Date.now() - 1_000 }], options)).toBe(0)
    expect(pids.map(lives)).toEqual([false, false, true])
  })

  test('is not what carries the mark and was started after this daemon', async () => {
    const task = randomUUID()
    const pid = sleeping(task)
    const own = processTable.find(process.pid)
    // This process was started before its child.
    expect(own?.start).toBeLessThan(processTable.find(pid)?.start ?? 0)
    expect(await endLeftovers([{ id: task, createdAt: Date.now() - 1_000 }], { limits })).toBe(0)
    expect(lives(pid)).toBe(true)
  })

  test('is not what carries the mark and was started long before the task', async () => {
    const task = randomUUID()
    const pid = sleeping(task)
    // This daemon comes 100 s later.
    const options = startedNow(10_000)
    const startedAt = options.startedAt ?? 0
    expect(await endLeftovers([{ id: task, createdAt: startedAt }], options)).toBe(0)
    expect(lives(pid)).toBe(true)
    expect(await endLeftovers([{ id: task, createdAt: startedAt - 110_000 }], options)).toBe(0)
    expect(lives(pid)).toBe(false)
  })

  // bound: leftoverToleranceMs
  test('may be older than its task by as much as clocks differ, and not by a tick more', async () => {
    const task = randomUUID()
    const pid = sleeping(task)
    const ticks = defaults.leftoverToleranceMs / 10
    const endedAt = async (older: number): Promise<boolean> => {
      const own = (processTable.find(pid)?.start ?? 0) + older
      const find = (one: number): ReturnType<ProcessTable['find']> => {
        const entry = processTable.find(one)
        return entry === undefined || one !== process.pid ? entry : { ...entry, start: own }
      }
      const table = { read: () => processTable.read(), find }
      const startedAt = Date.now()
      await endLeftovers([{ id: task, createdAt: startedAt }], { table, limits, startedAt })
      return !lives(pid)
    }
    await expect.poll(() => lives(pid)).toBe(true)
    expect([await endedAt(ticks + 1), await endedAt(ticks)]).toEqual([false, true])
  })

  test('is found also where the clock was set back meanwhile', async () => {
    const task = randomUUID()
    const pid = sleeping(task)
    const options = startedNow()
    expect(await endLeftovers([{ id: task, createdAt: Date.now() + 3_600_000 }], options)).toBe(0)
    expect(lives(pid)).toBe(false)
  })

  test('is waited for by a process that has nothing else to do', async () => {
    const task = randomUUID()
    const pid = sleeping(task, ['sh', '-c', `trap '' TERM; while :; do sleep 0.1; done`])
    await expect.poll(() => lives(pid)).toBe(true)
    // Its start is counted in hundredths of a second: what is to be ended must be older.
    await expect
      .poll(() => processTable.find(sleeping('none'))?.start)
      .toBeGreaterThan(processTable.find(pid)?.start ?? 0)
    const module = resolve(import.meta.dirname, '../../src/runners/leftovers.ts')
    const script = `
      const { endLeftovers } = await import(${JSON.stringify(module)})
      const task = { id: ${JSON.stringify(task)}, createdAt: Date.now() - 1_000 }
      process.exitCode = await endLeftovers([task], { limits: ${JSON.stringify(limits)} }) === 0 ? 0 : 1`
    const daemon = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' })
    started.push(daemon)
    expect(await new Promise((settle) => daemon.once('exit', settle))).toBe(0)
    expect(lives(pid)).toBe(false)
  })

  test('by itself, is not what was started long before the task', async () => {
    const task = randomUUID()
    const pid = sleeping(task)
    const { table } = startedNow(10_000)
    // Without being told it knows when this process was started, by the clock that tasks are dated with.
    if (table === undefined) throw new Error('no table')
    const createdAt = Date.now() - process.uptime() * 1_000 - 1_000
    expect(await endLeftovers([{ id: task, createdAt }], { table, limits })).toBe(0)
    expect(lives(pid)).toBe(true)
  })

  test('is not looked for where no task ran', async () => {
    const table: ProcessTable = {
      read: () => Promise.reject(new Error('looked')),
      find: () => undefined,
    }
    expect(await endLeftovers([], { table })).toBe(0)
  })
})
