/** A daemon under attack for one test: its growth is measured from the start, not from what another one left. */
import { onTestFinished } from 'vitest'
import { Trial } from '../daemon/bad-input-trial.ts'

/** Ends with its test, and says then what each attack cost. */
export async function measuredTrial(nodeArgs: readonly string[] = []): Promise<Trial> {
  // What it measures runs at once, however few cores there are.
  const trial = await Trial.begin({ nodeArgs, config: { limits: { runningTasks: 512 } } })
  onTestFinished(async () => {
    console.log(trial.table())
    await trial[Symbol.asyncDispose]()
  })
  return trial
}
