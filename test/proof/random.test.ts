import { expect, test } from 'vitest'
import { playRandomHistories, seedOf } from './random-run.ts'

test('random histories over real sockets go as the task machine says', { timeout: 60_000 }, async () => {
  const seed = seedOf(process.env)
  console.info(`random histories: CALLBOARD_TEST_SEED=${seed}`)
  const played = await playRandomHistories({ runs: 25, timeLimitMs: 8_000, seed })
  expect(played).toBeGreaterThan(3)
})
