/**
 * Many histories of several clients, the daemon killed now and then: `MODEL_RUNS` sets how many at most, `MODEL_SEED`
 * makes them again as far as chance is ours.
 */
import { expect, test } from 'vitest'
import { playHistories, seedOf } from '../model/play.ts'

const runs = Number(process.env['MODEL_RUNS'] ?? 1_000)

test.skipIf(process.platform !== 'linux')(
  'several clients of a daemon that is killed see what some order of their commands has',
  { timeout: 180_000 },
  async () => {
    const seed = seedOf(process.env)
    console.info(`several clients, with kills: MODEL_SEED=${seed}`)
    const played = await playHistories({
      runs,
      timeLimitMs: 50_000,
      seed,
      kills: true,
      bursts: 10,
      slots: 1,
    })
    console.info(`${played} histories`)
    expect(played).toBeGreaterThan(Math.min(runs, 5) - 1)
  },
)
