/** Plays random histories to one real daemon, for a bounded time. A failure is shrunk and told with its seed. */
import fc from 'fast-check'
import { startDaemonProcess } from '../daemon/daemon-process.ts'
import { finish, histories } from './random-model.ts'
import type { Model } from './random-model.ts'
import { RandomWorld } from './random-world.ts'

export interface RandomOptions {
  /** Histories at most, and milliseconds after which no other begins. */
  readonly runs: number
  readonly timeLimitMs: number
  readonly seed: number
}

/** The number of histories that were played. Throws, with seed and the shortest history found, where one fails. */
export async function playRandomHistories({ runs, timeLimitMs, seed }: RandomOptions): Promise<number> {
  // A cancelled task must not be ended by the grace before its history ends it.
  await using daemon = await startDaemonProcess({
    config: { limits: { cancelGraceMs: 600_000, runningTasks: 256 } },
  })
  let played = 0
  const property = fc.asyncProperty(histories, async (commands) => {
    await using world = await RandomWorld.open(daemon.socketPath, 3)
    const model: Model = { tasks: [] }
    await fc.asyncModelRun(() => ({ model, real: world }), commands)
    await finish(model, world)
    await world.check()
    played++
  })
  await fc.assert(property, { seed, numRuns: runs, interruptAfterTimeLimit: timeLimitMs })
  return played
}

/** Given to repeat a failure; else a new one each time. */
export function seedOf(env: NodeJS.ProcessEnv): number {
  return Number(env['CALLBOARD_TEST_SEED'] ?? Date.now() % 2 ** 31)
}
