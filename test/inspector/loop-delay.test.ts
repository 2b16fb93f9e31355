import { expect, test } from 'vitest'
import { LoopDelay, tickMs } from '../../src/inspector/loop-delay.ts'

test('the loop’s delay is what it was late by, and the same for every page that asks within a second', () => {
  let now = 0
  let lateMs = 4
  let resets = 0
  const ticks = {
    percentile: () => (tickMs + lateMs) * 1e6,
    reset: () => void resets++,
    enable: () => true,
    disable: () => true,
  }
  using delay = new LoopDelay(ticks, () => now)
  expect(delay.p99Ms).toBe(0)
  now = 1_000
  expect(delay.p99Ms).toBe(4)
  lateMs = 0
  expect([delay.p99Ms, resets]).toEqual([4, 1])
  now = 2_000
  expect([delay.p99Ms, resets]).toEqual([0, 2])
  lateMs = -1
  now = 3_000
  expect(delay.p99Ms).toBe(0)
})
