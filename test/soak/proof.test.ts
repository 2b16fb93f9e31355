import { expect, test } from 'vitest'
import { playRandomHistories, seedOf } from '../proof/random-run.ts'

test(
  'many random histories over real sockets go as the task machine says',
  { timeout: 180_000 },
  async () => {
    const seed = seedOf(process.env)
    console.info(`random histories: CALLBOARD_TEST_SEED=${seed}`)
    const played = await playRandomHistories({ runs: 5_000, timeLimitMs: 90_000, seed })
    expect(played).toBeGreaterThan(50)
  },
)
