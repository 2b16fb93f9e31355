/** A file that the inspector's page has exported, as its text. */
import { readFileSync, statSync } from 'node:fs'
import { inspectorLimits } from '../inspector/limits.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'

/** Throws Failure where it cannot be read or has more than `bytesMax`. */
export function pageRecording(path: string, bytesMax: number = inspectorLimits.recordingBytesMax): string {
  try {
    const { size } = statSync(path)
    if (size > bytesMax)
      throw new Failure(`${path} is larger than a recording of the page can be.`, exitCodes.failure)
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Failure) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Failure(`the recording cannot be read: ${why}`, exitCodes.failure, { cause: error })
  }
}
