import { constants, PerformanceObserver } from 'node:perf_hooks'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryKeeper } from '../../src/daemon/memory-keeper.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const limits = { memoryHighBytes: 100, memoryStepBytes: 10, memoryLookMs: 50, memoryRestFactor: 30 }

interface Memory {
  residentBytes: number
  bufferBytes: number
  heldBytes: number
  collections: number
  /** Milliseconds. */
  now: number
}

function kept(startBytes: number, left: (memory: Memory) => void = () => {}, collectMs = 0) {
  const memory: Memory = { residentBytes: startBytes, bufferBytes: 0, heldBytes: 0, collections: 0, now: 0 }
  const keeper = new MemoryKeeper({
    limits,
    residentBytes: () => memory.residentBytes,
    bufferBytes: () => memory.bufferBytes,
    heldBytes: () => memory.heldBytes,
    now: () => memory.now,
    collect: () => {
      memory.collections++
      memory.now += collectMs
      left(memory)
    },
  })
  const at = (residentBytes: number, bufferBytes = 0, heldBytes = 0): number => {
    Object.assign(memory, { residentBytes, bufferBytes, heldBytes })
    keeper.stir()
    memory.now += 50
    vi.advanceTimersByTime(50)
    return memory.collections
  }
  return { at, keeper, memory }
}

// bound: memoryHighBytes
test('garbage is collected one byte past the mark above what was resident at the start, not at it', () => {
  const { at } = kept(1_000)
  expect(at(1_100)).toBe(0)
  expect(at(1_101)).toBe(1)
})

// bound: memoryStepBytes
test('memory that is really held is not collected again until it has grown a step', () => {
  const { at } = kept(0)
  expect(at(150, 60)).toBe(1)
  expect(at(160, 60)).toBe(1)
  expect(at(161, 60)).toBe(2)
})

test('it looks also when it is told to, before its time', () => {
  const memory = { residentBytes: 0, collections: 0 }
  using keeper = new MemoryKeeper({
    limits: { memoryHighBytes: 100, memoryStepBytes: 10, memoryLookMs: 1_000_000, memoryRestFactor: 1 },
    residentBytes: () => memory.residentBytes,
    collect: () => void memory.collections++,
  })
  keeper.look()
  expect(memory.collections).toBe(0)
  memory.residentBytes = 101
  keeper.look()
  expect(memory.collections).toBe(1)
})

test('garbage inside of what is resident is collected when it has grown a step from what was left', () => {
  const { at } = kept(0, (memory) => {
    memory.bufferBytes = 20
  })
  expect(at(200, 90)).toBe(1)
  expect(at(200, 30)).toBe(1)
  expect(at(200, 31)).toBe(2)
  expect(at(100, 90)).toBe(2)
})

test('what the journal has come to hold since is no garbage to look for', () => {
  const { at } = kept(0)
  expect(at(150, 60, 40)).toBe(1)
  expect(at(165, 75, 45)).toBe(1)
  expect(at(166, 75, 45)).toBe(2)
  expect(at(167, 90, 50)).toBe(2)
  expect(at(167, 91, 50)).toBe(3)
})

test('what the journal holds puts off no first collection', () => {
  const { at } = kept(0)
  expect(at(101, 60, 90)).toBe(1)
})

test('the mark falls back with the memory, and never below the first one', () => {
  const { at } = kept(0, (memory) => {
    if (memory.residentBytes > 300) memory.residentBytes = 20
  })
  expect(at(200)).toBe(1)
  expect(at(301)).toBe(2)
  expect(at(100)).toBe(2)
  expect(at(101)).toBe(3)
})

// bound: memoryRestFactor
test('after a collection it rests thirty times as long as that took, unless memory grows', () => {
  const { at } = kept(0, () => {}, 5)
  expect(at(200, 60)).toBe(1)
  expect(at(200, 100)).toBe(1)
  expect(at(200, 200)).toBe(1)
  expect(at(200, 200)).toBe(2)
  expect(at(211, 200)).toBe(3)
})

// bound: memoryLookMs
test('memory is looked at when its time has come, and not a millisecond before', () => {
  const { memory } = kept(0)
  memory.residentBytes = 101
  vi.advanceTimersByTime(limits.memoryLookMs - 1)
  expect(memory.collections).toBe(0)
  vi.advanceTimersByTime(1)
  expect(memory.collections).toBe(1)
})

test('where nothing moves any more it looks once, and then no more until something moves', () => {
  const { at, keeper, memory } = kept(0)
  expect(at(50)).toBe(0)
  vi.advanceTimersByTime(limits.memoryLookMs)
  expect(vi.getTimerCount()).toBe(0)
  memory.residentBytes = 101
  vi.advanceTimersByTime(10 * limits.memoryLookMs)
  expect(memory.collections).toBe(0)
  keeper.stir()
  vi.advanceTimersByTime(limits.memoryLookMs)
  expect(memory.collections).toBe(1)
})

test('while something may grow memory that nothing tells of, it looks on', () => {
  const memory = { residentBytes: 0, collections: 0, isAwake: true }
  using _keeper = new MemoryKeeper({
    limits,
    residentBytes: () => memory.residentBytes,
    isAwake: () => memory.isAwake,
    collect: () => void memory.collections++,
  })
  vi.advanceTimersByTime(10 * limits.memoryLookMs)
  memory.residentBytes = 101
  vi.advanceTimersByTime(limits.memoryLookMs)
  expect(memory.collections).toBe(1)
  memory.isAwake = false
  vi.advanceTimersByTime(limits.memoryLookMs)
  expect(vi.getTimerCount()).toBe(0)
})

test('what became due while it rested is collected, though nothing moves any more', () => {
  const { at, memory } = kept(0, () => {}, 5)
  expect(at(200, 60)).toBe(1)
  // Buffers have grown a step, and it rests.
  expect(at(200, 100)).toBe(1)
  let looks = 0
  while (vi.getTimerCount() > 0 && looks < 10) {
    memory.now += limits.memoryLookMs
    vi.advanceTimersByTime(limits.memoryLookMs)
    looks++
  }
  expect([memory.collections, looks < 10]).toEqual([2, true])
})

test('a keeper that is done looks no more', () => {
  const { at, keeper } = kept(0)
  keeper[Symbol.dispose]()
  expect(at(1_000)).toBe(0)
})

test("V8's own collection is found, and is a full one", async () => {
  vi.useRealTimers()
  let full = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntriesByType('gc'))
      if (kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR) full++
  })
  observer.observe({ entryTypes: ['gc'] })
  let looks = 0
  const rising = (): number => looks++ * 1_000
  using _keeper = new MemoryKeeper({
    limits: { ...limits, memoryRestFactor: 0 },
    residentBytes: rising,
    bufferBytes: rising,
  })
  await vi.waitFor(() => expect(full).toBeGreaterThan(1))
  observer.disconnect()
})

/** What kind of collection an entry tells of: its `detail` is not in the types. */
function kindOf(entry: object): unknown {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined
}
