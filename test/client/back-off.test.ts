import { expect, test } from 'vitest'
import { backOffCapMs, backOffMs } from '../../src/client/back-off.ts'

const bounds = { firstBackOffMs: 50, lastBackOffMs: 5_000 }

// bound: reconnectFirstMs, reconnectLastMs
test('the cap doubles with each failure and stops at the last', () => {
  const caps = [0, 1, 2, 3, 7, 8, 9, 5_000].map((failures) => backOffCapMs(failures, bounds))
  expect(caps).toEqual([50, 50, 100, 200, 3_200, 5_000, 5_000, 5_000])
})

test('the wait is spread from nothing up to the cap', () => {
  expect(backOffMs(3, bounds, () => 0)).toBe(0)
  expect(backOffMs(3, bounds, () => 0.5)).toBe(100)
  expect(backOffMs(3, bounds, () => 1 - Number.EPSILON)).toBe(199)
})
