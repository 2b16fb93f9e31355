import { expect, test } from 'vitest'
import { statusReport } from '../../../src/cli/rendering/status-report.ts'
import type { Status } from '../../../src/wire/envelope.ts'

const MiB = 1024 * 1024
const status: Status = {
  version: '0.1.0',
  pid: 42,
  state: 'serving',
  epoch: 'j.1',
  startedAt: 0,
  listeners: [],
  connections: 1,
  tasks: { running: 2, failed: 0 },
  journal: { head: 9, firstAvailable: 1, bytes: MiB, bytesMax: 32 * MiB, durability: 'memory' },
  lanes: 1,
  memory: { rssBytes: 64 * MiB, heapUsedBytes: 8 * MiB },
}

function line(of: Status, name: string): string | undefined {
  return statusReport(of, 61_000).find((one) => one.startsWith(`${name}:`))
}

test('the journal is told by what it holds, in memory or on disk', () => {
  expect(line(status, 'journal')).toBe('journal:      memory, 1.0 of 32.0 MiB, events 1 to 9')
  expect(line(status, 'storage')).toBeUndefined()
  const empty = { ...status, journal: { ...status.journal, head: 0 } }
  expect(line(empty, 'journal')).toBe('journal:      memory, 1.0 of 32.0 MiB, no events yet')
  const forgotten = { ...status, journal: { ...status.journal, firstAvailable: 10 } }
  expect(line(forgotten, 'journal')).toContain('no events kept, the last was 9')
  const kept = { ...status, journal: { ...status.journal, durability: 'full', storedBytes: 3 * MiB } }
  expect(line(kept, 'journal')).toBe(
    'journal:      full, 3.0 MiB on disk, 1.0 of 32.0 MiB of it in memory, events 1 to 9',
  )
  expect(line(kept, 'tasks')).toBe('tasks:        2 running')
})

test('a journal that cannot be written is said, with why', () => {
  const full = { ...status, journal: { ...status.journal, unavailable: 'the disk is\nfull.' } }
  expect(line(full, 'storage')).toBe(
    'storage:      cannot be written, so that nothing can be started or changed: the disk is full.',
  )
})
