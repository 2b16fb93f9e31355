import { expect, test } from 'vitest'
import { parsePs } from '../../src/runners/ps-processes.ts'

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
