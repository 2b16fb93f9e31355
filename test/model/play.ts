/** Plays random histories of several clients to a real daemon, for a bounded time (Linux: it looks for processes). */
import fc from 'fast-check'
import { expect } from 'vitest'
import { processesOf } from '../daemon/task-events.ts'
import { DaemonKeeper } from './daemon-keeper.ts'
import { clientCount } from './drafts.ts'
import { finish, histories } from './histories.ts'
import type { Model } from './histories.ts'
import { brokenLaws } from './laws.ts'
import { start } from './oracle.ts'
import { World } from './world.ts'

export interface PlayOptions {
  readonly runs: number
  readonly timeLimitMs: number
  readonly seed: number
  /** Whether the daemon is killed now and then. */
  readonly kills: boolean
  /** Bursts of one history. */
  readonly bursts: number
  /** Tasks that run at once. */
  readonly slots: number
}

/** The number of histories that were played. Throws, with seed and the shortest history found, where one fails. */
export async function playHistories(options: PlayOptions): Promise<number> {
  const { runs, timeLimitMs, seed, kills, bursts, slots } = options
  await using keeper = await DaemonKeeper.start({ limits: { runningTasks: slots } })
  let played = 0
  // Not fast-check's own limit: that leaves a history that hangs without a word.
  const end = Date.now() + timeLimitMs
  const property = fc.asyncProperty(fc.scheduler(), histories(kills, bursts), async (scheduler, commands) => {
    if (Date.now() > end) return
    await using world = await World.open(keeper, clientCount)
    const model: Model = { states: [start], slots, scheduler }
    await fc.asyncModelRun(() => ({ model, real: world }), commands)
    await finish(model, world)
    const history = await world.history()
    expect(world.faults).toEqual([])
    expect(brokenLaws(history, world.clients, slots)).toEqual([])
    for (const id of world.names.taskIds) expect(processesOf(id)).toEqual([])
    played++
  })
  await fc.assert(property, { seed, numRuns: runs })
  return played
}

/** Given to repeat a failure, else a new one each time. */
export function seedOf(env: NodeJS.ProcessEnv): number {
  return Number(env['MODEL_SEED'] ?? Date.now() % 2 ** 31)
}
