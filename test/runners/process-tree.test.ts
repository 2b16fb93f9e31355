import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { commandRunner } from '../../src/runners/command.ts'
import { readLinuxProcess } from '../../src/runners/linux-processes.ts'
import { processTable, sharedTable } from '../../src/runners/process-table.ts'
import { ProcessTree } from '../../src/runners/process-tree.ts'
import { TreeEnding } from '../../src/runners/tree-ending.ts'
import { systemClock } from '../../src/runners/clock.ts'
import { record, taskOf } from './recorded-run.ts'
import type { ProcessEntry, ProcessTable } from '../../src/runners/process-table.ts'
import type { RecordedRun } from './recorded-run.ts'

const runner = commandRunner({ limits: { cancelGraceMs: 300, outputCloseGraceMs: 100 } })

function sh(script: string): RecordedRun {
  return record(runner, taskOf({ command: ['sh', '-c', script] }))
}

function lives(pid: number): boolean {
  const entry = readLinuxProcess(pid)
  return entry !== undefined && !entry.zombie
}

/** The pids that a script printed as `pid <n>`, once there are `count` of them. */
async function pids(run: RecordedRun, count: number): Promise<number[]> {
  return await vi.waitFor(() => {
    const found = [
      ...run
        .bytes('stdout')
        .toString()
        .matchAll(/pid (\d+)/g),
    ].map((match) => Number(match[1]))
    expect(found).toHaveLength(count)
    return found
  })
}

describe.runIf(process.platform === 'linux')('nothing of a run is left', () => {
  const loop = 'while :; do sleep 0.05; done'
  const scripts: [string, string][] = [
    ['a background child', `sh -c 'echo pid $$; exec sleep 1000' & wait`],
    ['a child in a session of its own', `setsid sh -c 'echo pid $$; exec sleep 1000' & wait`],
    [
      'a grandchild whose parent is gone',
      `setsid sh -c 'sh -c "echo pid \\$\\$; exec sleep 1000" & exit' & ${loop}`,
    ],
    [
      'a child with an empty environment in its own session',
      `env -i setsid sh -c 'echo pid $$; exec sleep 1000' & wait`,
    ],
    ['a child that ignores TERM', `setsid sh -c 'trap "" TERM; echo pid $$; ${loop}' & wait`],
    [
      'a double fork that lets go of the output',
      `setsid sh -c 'sh -c "echo pid \\$\\$; exec sleep 1000 >/dev/null 2>&1" & exit' & ${loop}`,
    ],
    [
      'a double fork with an empty environment that holds the output',
      `env -i setsid sh -c 'sh -c "echo pid \\$\\$; exec sleep 1000" & exit' & ${loop}`,
    ],
  ]

  test.each(scripts)('%s ends with a cancel', async (_, script) => {
    const run = sh(script)
    const [pid = 0] = await pids(run, 1)
    expect(lives(pid)).toBe(true)
    run.run.cancel()
    expect((await run.ended).ok).toBe(false)
    expect(lives(pid)).toBe(false)
  })

  test.each(scripts)('%s ends with a kill', async (_, script) => {
    const run = sh(script)
    const [pid = 0] = await pids(run, 1)
    run.run.kill()
    expect(await run.ended).toMatchObject({ exit: { signal: 'SIGKILL' } })
    expect(lives(pid)).toBe(false)
  })

  test('a child that holds the output after a normal exit is ended after the grace, and the exit is a success', async () => {
    const run = sh(`setsid sh -c 'echo pid $$; exec sleep 1000' & sleep 0.3; exit 0`)
    const [pid = 0] = await pids(run, 1)
    expect(await run.ended).toMatchObject({ ok: true, exit: { code: 0 } })
    expect(lives(pid)).toBe(false)
  })

  test('a child without the output is ended after a normal exit', async () => {
    const run = sh(`sleep 1000 >/dev/null 2>&1 & echo pid $!`)
    const [pid = 0] = await pids(run, 1)
    expect(await run.ended).toMatchObject({ ok: true })
    expect(lives(pid)).toBe(false)
  })

  test('a child that finishes its output within the grace is read to the end', async () => {
    const patient = commandRunner({ limits: { outputCloseGraceMs: 10_000 } })
    const run = record(patient, taskOf({ command: ['sh', '-c', '(sleep 0.2; echo late) & echo soon'] }))
    expect((await run.ended).ok).toBe(true)
    expect(run.bytes('stdout').toString()).toBe('soon\nlate\n')
  })

  test('a run that keeps forking is ended', async () => {
    const run = sh(
      `f() { setsid sh -c 'sleep 0.05; sleep 0.05' & }; echo pid $$; trap '' TERM; while :; do f; sleep 0.01; done`,
    )
    await pids(run, 1)
    run.run.kill()
    await run.ended
    const { members } = await new ProcessTree(processTable, [run.task.id]).find()
    expect(members).toEqual([])
  })

  test('another run, and a process of the same name, are left alone', async () => {
    const one = sh('echo pid $$; exec sleep 1000')
    const other = sh('echo pid $$; exec sleep 1000')
    const [[first = 0], [second = 0]] = await Promise.all([pids(one, 1), pids(other, 1)])
    one.run.cancel()
    await one.ended
    expect([lives(first), lives(second)]).toEqual([false, true])
    other.run.kill()
    await other.ended
  })
})

describe('looking at the machine', () => {
  const entry = (pid: number, more: Partial<ProcessEntry> = {}): ProcessEntry => ({
    pid,
    parent: 1,
    group: pid,
    session: pid,
    start: 100,
    zombie: false,
    ...more,
  })

  function tableOf(
    readings: readonly (readonly ProcessEntry[])[],
    quiet = true,
  ): ProcessTable & { reads: number } {
    const table = {
      reads: 0,
      find: () => undefined,
      read() {
        const entries = readings[Math.min(table.reads, readings.length - 1)] ?? []
        table.reads += 1
        const marks = () => Promise.resolve({ task: undefined, streams: [], certain: true })
        return Promise.resolve({ entries, quiet: () => quiet, marks })
      },
    }
    return table
  }

  const root = { pid: 900_000_001, start: 100, streams: [] }

  test('descent is followed over generations and sessions, and what was found is remembered', async () => {
    const table = tableOf([
      [
        entry(900_000_001),
        entry(900_000_004, { parent: 900_000_003 }),
        entry(900_000_003, { parent: 900_000_001 }),
        entry(900_000_005, { parent: 1 }),
      ],
      [entry(900_000_004), entry(900_000_006, { session: 900_000_003 }), entry(900_000_005)],
    ])
    const tree = new ProcessTree(table, ['task'], root)
    const found = async (): Promise<number[]> => (await tree.find()).members.map((one) => one.pid)
    expect(await found()).toEqual([900_000_001, 900_000_004, 900_000_003])
    expect(await found()).toEqual([900_000_004, 900_000_006])
  })

  test('where the system tells no session, the group is followed', async () => {
    const table = tableOf([
      [entry(900_000_002, { group: 900_000_001, session: 0 }), entry(900_000_003, { session: 0 })],
    ])
    const unknown = { pid: root.pid, start: undefined, streams: [] }
    const { members } = await new ProcessTree(table, ['task'], unknown).find()
    expect(members.map((one) => one.pid)).toEqual([900_000_002])
  })

  test('a pid that was given to another process is not ours, nor are zombies and what is older than the run', async () => {
    const table = tableOf([
      [
        entry(900_000_001, { start: 500 }),
        entry(900_000_002, { parent: 900_000_001, start: 501 }),
        entry(900_000_003, { session: 900_000_001, start: 99 }),
      ],
    ])
    expect((await new ProcessTree(table, ['task'], root).find()).members).toEqual([])
    const zombie = tableOf([[entry(900_000_001, { zombie: true })]])
    expect((await new ProcessTree(zombie, ['task'], root).find()).members).toEqual([])
  })

  test('on a machine that is not quiet, nobody must be found twice', async () => {
    const options = { limits: { cancelGraceMs: 0, reapPollMs: 1, reapDeadlineMs: 50 }, clock: systemClock }
    const busy = tableOf([[]], false)
    expect(await new TreeEnding(new ProcessTree(busy, ['task'], root), options).left).toBe(0)
    expect(busy.reads).toBe(2)
    const quiet = tableOf([[]])
    expect(await new TreeEnding(new ProcessTree(quiet, ['task'], root), options).left).toBe(0)
    expect(quiet.reads).toBe(1)
  })

  test('what outlives KILL is counted after the deadline', async () => {
    const stuck = { ...tableOf([[entry(900_000_001)]]), find: () => entry(900_000_001) }
    const options = { limits: { cancelGraceMs: 0, reapPollMs: 1, reapDeadlineMs: 50 }, clock: systemClock }
    expect(await new TreeEnding(new ProcessTree(stuck, ['task'], root), options).left).toBe(1)
  })

  test('where the machine cannot be read, the group is ended', async () => {
    const blind: ProcessTable = {
      find: (pid) => readLinuxProcess(pid),
      read: () => Promise.reject(new Error('no')),
    }
    const run = record(
      commandRunner({ table: blind }),
      taskOf({ command: ['sh', '-c', 'sleep 1000 & wait'] }),
    )
    run.run.kill()
    expect(await run.ended).toMatchObject({ exit: { signal: 'SIGKILL' } })
  })

  test('those who ask while a reading runs share the next one', async () => {
    let taken = 0
    const gates: (() => void)[] = []
    const table = sharedTable(
      async () => {
        taken += 1
        const { promise, resolve } = Promise.withResolvers<undefined>()
        gates.push(() => resolve(undefined))
        await promise
        return { entries: [], quiet: () => true, marks: () => Promise.reject(new Error('none')) }
      },
      () => undefined,
    )
    const first = table.read()
    await vi.waitFor(() => expect(taken).toBe(1))
    const later = [table.read(), table.read(), table.read()]
    gates[0]?.()
    await first
    await vi.waitFor(() => expect(taken).toBe(2))
    gates[1]?.()
    expect(new Set(await Promise.all(later)).size).toBe(1)
    expect(taken).toBe(2)
  })

  test.runIf(process.platform === 'linux')('this process is found with its parent and group', () => {
    const self = readLinuxProcess(process.pid)
    expect(self).toMatchObject({ pid: process.pid, parent: process.ppid, zombie: false })
    expect(readFileSync('/proc/self/stat', 'utf8')).toContain(` ${self?.start} `)
  })
})
