import { expect, test } from 'vitest'
import { playHistories, seedOf } from './play.ts'

test.skipIf(process.platform !== 'linux')(
  'several clients at once see asks, leases and turns as some order of their commands has it',
  async () => {
    const seed = seedOf(process.env)
    console.info(`several clients: MODEL_SEED=${seed}`)
    const played = await playHistories({
      runs: 10,
      timeLimitMs: 2_000,
      seed,
      kills: false,
      bursts: 8,
      slots: 2,
    })
    expect(played).toBeGreaterThan(0)
  },
)
