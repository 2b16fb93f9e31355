import { describe, expect, test } from 'vitest'
import { Paint } from '../../../src/cli/rendering/paint.ts'
import { topScreen } from '../../../src/cli/rendering/top-screen.ts'
import type { TopLook, TopSample } from '../../../src/cli/rendering/top-screen.ts'
import { width } from '../../../src/cli/rendering/width.ts'
import type { Client, Status, Task } from '../../../src/wire/envelope.ts'

const GiB = 1024 ** 3
const status: Status = {
  version: '10.11.12',
  pid: 4_194_304,
  state: 'serving',
  epoch: 'j.1',
  startedAt: 0,
  listeners: [],
  connections: 20,
  tasks: {
    queued: 3,
    starting: 1,
    running: 3,
    interactive: 2,
    completed: 900,
    aborted: 12,
    failed: 2,
    closed: 7,
  },
  journal: { head: 9_000_000, firstAvailable: 1, bytes: GiB, bytesMax: GiB, durability: 'normal' },
  lanes: 1,
  memory: { rssBytes: GiB, heapUsedBytes: GiB },
}
const clients = Array.from({ length: 20 }, (_, index): Client => ({
  clientId: `${index}`.padStart(12, '0'),
  name: index === 7 ? 'a-client-with-a-name-that-is-longer-than-a-terminal-is-wide' : `client-${index}`,
  version: '1.0.0',
  listener: '/run/callboard.sock',
  framing: 'node-ipc',
  vocabulary: 'roo',
  native: true,
  role: 'client',
  state: index === 19 ? 'ready.congested' : 'ready.flowing',
  since: index,
  subscription: '*',
  lagBytes: index === 19 ? GiB : 0,
  refusedFrames: 0,
}))
const tasks = Array.from({ length: 9 }, (_, index): Task => ({
  id: `01a204ec-09b3-759b-9068-e5941c52049${index}`,
  state: index < 3 ? 'queued' : index < 7 ? 'running' : 'completed',
  text: `task ${index} übersetzt 日本語 ${'and so on '.repeat(20)}`,
  createdAt: index,
  resumable: false,
  asks: [],
}))
const sample: TopSample = { at: 1_000, status, clients, tasks }

function screen(columns: number, lines: number | undefined, sort: TopLook['sort'] = 'lag'): string[] {
  return topScreen(sample, undefined, { paint: new Paint(false, {}), now: 1_000, columns, lines, sort })
}

describe.each([
  [80, 24],
  [120, 40],
])('a screen of %i columns and %i lines', (columns, lines) => {
  const drawn = screen(columns, lines)

  test('is never broken in two nor scrolled: what it begins with stays on it', () => {
    expect(drawn.filter((line) => width(line) > columns)).toEqual([])
    // The cursor stands below the last.
    expect(drawn.length).toBeLessThan(lines)
    expect(drawn[0]).toMatch(/^callboard 10\.11\.12, pid 4194304, serving, up 1s, memory 1024\.0 MiB/)
  })

  test('has who is behind first, then what runs, and says its keys', () => {
    expect(drawn[5]).toContain('000000000019  congested  1024.0 MiB')
    expect(drawn.filter((line) => line.includes('running  '))).toHaveLength(4)
    expect(drawn.join('\n')).not.toContain('task 8')
    expect(drawn.at(-1)).toBe('by lag; keys: l lag, a age, r refused, n name, q ends')
  })
})

test('one picture without a terminal has all of it and no keys', () => {
  const drawn = screen(200, undefined, 'age')
  expect(drawn.filter((line) => line.includes('node-ipc+roo'))).toHaveLength(20)
  expect(drawn.join('\n')).not.toContain('keys:')
})
