import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LiveTask } from '../../src/actors/live-task.ts'
import { Pacing } from '../../src/actors/pacing.ts'
import type { ReaderProgress } from '../../src/actors/pacing.ts'
import { limits as defaults } from '../../src/limits.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

const limits = {
  ...defaults,
  turnAppendBytesMax: 100,
  paceHighBytes: 1_000,
  paceLowBytes: 400,
  paceStallMs: 50,
}

interface PacedTask {
  readonly task: LiveTask
  readonly isPaused: () => boolean
  /** How the client that started it stands; undefined where it is not connected. */
  progress: ReaderProgress | undefined
}

function paced(count = 1) {
  const turn = { bytes: 0 }
  const tasks = Array.from({ length: count }, (): PacedTask => {
    let isPaused = false
    const run = { pause: () => (isPaused = true), resume: () => (isPaused = false) }
    return { task: { run } as unknown as LiveTask, isPaused: () => isPaused, progress: undefined }
  })
  const readOn: LiveTask[] = []
  const pacing = new Pacing({
    limits,
    now: Date.now,
    turnBytes: () => turn.bytes,
    readOn: (task) => {
      readOn.push(task)
      task.run?.resume()
    },
    progressOf: (task) => tasks.find((one) => one.task === task)?.progress,
  })
  /** Ends the turn: its events are out. */
  const flush = (): void => {
    turn.bytes = 0
    pacing.flushed()
  }
  const first = tasks[0]
  if (first === undefined) throw new Error('there is no task')
  return { pacing, turn, tasks, first, readOn, flush }
}

describe('what a turn appends', () => {
  // bound: turnAppendBytesMax
  test('is read on one byte below the bound, and waits for the end of the turn at it and past it', () => {
    const { pacing, turn, first, readOn, flush } = paced()
    for (const [bytes, waits] of [
      [99, false],
      [100, true],
      [101, true],
    ] as const) {
      turn.bytes = bytes
      pacing.produced(first.task)
      expect(first.isPaused(), `${bytes} bytes`).toBe(waits)
      flush()
      expect(first.isPaused()).toBe(false)
    }
    expect(readOn).toHaveLength(2)
  })

  test('holds up whichever run produces at it, each until the end of the turn', () => {
    const { pacing, turn, tasks, readOn, flush } = paced(3)
    turn.bytes = 100
    for (const { task } of tasks.slice(0, 2)) pacing.produced(task)
    expect(tasks.map((one) => one.isPaused())).toEqual([true, true, false])
    flush()
    expect(readOn).toEqual(tasks.slice(0, 2).map(({ task }) => task))
    flush()
    expect(readOn).toHaveLength(2)
  })
})

describe('a task whose client is behind and reads', () => {
  const behind = (lagBytes: number, movedAt = Date.now()): ReaderProgress => ({ lagBytes, movedAt })

  // bound: paceHighBytes
  test('is not read from the high watermark on; one byte below it is', () => {
    const { pacing, first } = paced()
    first.progress = behind(999)
    pacing.produced(first.task)
    expect(first.isPaused()).toBe(false)
    first.progress = behind(1_000)
    pacing.produced(first.task)
    expect(first.isPaused()).toBe(true)
  })

  // bound: paceLowBytes
  test('is read again at the low watermark, and not one byte above it', () => {
    const { pacing, first, flush } = paced()
    first.progress = behind(5_000)
    pacing.produced(first.task)
    for (const lagBytes of [999, 401]) {
      first.progress = behind(lagBytes)
      flush()
      expect(first.isPaused(), `${lagBytes} bytes`).toBe(true)
    }
    first.progress = behind(400)
    flush()
    expect(first.isPaused()).toBe(false)
  })

  // bound: paceStallMs
  test('waits as long as something left to it less than the stall ago, and no longer', () => {
    const { pacing, first } = paced()
    first.progress = behind(5_000, 0)
    vi.setSystemTime(49)
    pacing.produced(first.task)
    expect(first.isPaused()).toBe(true)
    pacing.forget(first.task)
    first.task.run?.resume()
    vi.setSystemTime(50)
    pacing.produced(first.task)
    expect(first.isPaused()).toBe(false)
  })

  test('goes on when its client has stopped reading altogether, which no delivery tells', () => {
    const { pacing, first, flush } = paced()
    first.progress = behind(5_000, 0)
    pacing.produced(first.task)
    flush()
    vi.advanceTimersByTime(49)
    expect(first.isPaused()).toBe(true)
    vi.advanceTimersByTime(1)
    expect(first.isPaused()).toBe(false)
  })

  test('is looked at again and again while that client reads slowly, by one timer', () => {
    const { pacing, first, flush } = paced()
    first.progress = behind(5_000)
    pacing.produced(first.task)
    for (let look = 0; look < 5; look++) {
      flush()
      expect(vi.getTimerCount()).toBe(1)
      vi.advanceTimersByTime(30)
      first.progress = behind(5_000)
      vi.advanceTimersByTime(20)
      expect(first.isPaused()).toBe(true)
    }
    first.progress = behind(0)
    vi.advanceTimersByTime(50)
    expect([first.isPaused(), vi.getTimerCount()]).toEqual([false, 0])
  })

  test('holds up no other task', () => {
    const { pacing, tasks, turn, flush } = paced(2)
    const [slow, quick] = tasks
    if (slow === undefined || quick === undefined) throw new Error('there are two')
    slow.progress = behind(5_000)
    quick.progress = behind(0)
    turn.bytes = 100
    for (const { task } of tasks) pacing.produced(task)
    flush()
    expect(tasks.map((one) => one.isPaused())).toEqual([true, false])
  })

  test('goes on when its client is gone', () => {
    const { pacing, first, flush } = paced()
    first.progress = behind(5_000)
    pacing.produced(first.task)
    flush()
    expect(first.isPaused()).toBe(true)
    first.progress = undefined
    flush()
    expect(first.isPaused()).toBe(false)
  })

  test('is forgotten when it ends, and never read on', () => {
    const { pacing, first, readOn, flush } = paced()
    first.progress = behind(5_000)
    pacing.produced(first.task)
    pacing.forget(first.task)
    flush()
    vi.advanceTimersByTime(1_000)
    expect([readOn, vi.getTimerCount()]).toEqual([[], 0])
  })
})
