import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { parsePs, readPsProcesses } from '../../src/runners/ps-processes.ts'

const output = `    1     0     1 Ss   Mon Nov  2 09:00:00 2026     /sbin/launchd
  501     1   501 S+   Mon Nov  2 10:11:12 2026     sleep 1000 HOME=/Users/a CALLBOARD_TASK=abc-1 PATH=/bin
  502   501   501 Z    Mon Nov  2 10:11:13 2026     (sh)
not a line
`

test('processes, their start and their task are read from what ps prints', async () => {
  const snapshot = parsePs(output)
  const { entries } = snapshot
  expect(entries.map(({ pid, parent, group, zombie }) => [pid, parent, group, zombie])).toEqual([
    [1, 0, 1, false],
    [501, 1, 501, false],
    [502, 501, 501, true],
  ])
  const [first, second] = entries
  expect((second?.start ?? 0) - (first?.start ?? 0)).toBe((71 * 60 + 12) * 1_000)
  expect(second && (await snapshot.marks(second)).task).toBe('abc-1')
  expect(first && (await snapshot.marks(first)).task).toBeUndefined()
  expect(snapshot.quiet()).toBe(false)
})

describe.skipIf(process.platform === 'win32')('ps', () => {
  const scratch = scratchDirectory()

  /** A program that writes so many bytes, and ends after so many seconds. */
  function programOf(bytes: number, seconds = 0): string {
    const path = join(scratch, `ps-${bytes}-${seconds}`)
    writeFileSync(path, `#!/bin/sh\nprintf '%${bytes}s' x\nexec sleep ${seconds}\n`)
    chmodSync(path, 0o755)
    return path
  }

  // bound: psOutputBytesMax
  test('is read up to its bytes, and not one past them', async () => {
    const bounds = { ...limits, psOutputBytesMax: 1_000 }
    expect((await readPsProcesses(programOf(1_000), bounds)).entries).toEqual([])
    await expect(readPsProcesses(programOf(1_001), bounds)).rejects.toThrow('maxBuffer')
  })

  // bound: psDeadlineMs
  test('is not waited for past its time', async () => {
    const slow = readPsProcesses(programOf(1, 10), { ...limits, psDeadlineMs: 50 })
    await expect(slow).rejects.toMatchObject({ killed: true })
    expect((await readPsProcesses(programOf(1), { ...limits, psDeadlineMs: 10_000 })).entries).toEqual([])
  })
})
