/** The journal of the home that a command is about, for as long as the command needs it. */
import { JournalFault } from '../../store/journal-file.ts'
import { JournalReader } from '../../store/journal-reader.ts'
import { StoreUnavailable } from '../../store/store.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { placeOf } from '../place.ts'
import type { Invocation } from '../invocation.ts'

/** Reads it, beside its daemon or without one. Throws Failure: 78 where it cannot be opened, 1 where it is damaged. */
export async function withJournal<T>(
  invocation: Invocation,
  work: (reader: JournalReader) => T | Promise<T>,
): Promise<T> {
  const { home } = placeOf(invocation)
  let reader: JournalReader | undefined
  try {
    reader = new JournalReader(home)
    return await work(reader)
  } catch (error) {
    throw failureOf(error)
  } finally {
    reader?.close()
  }
}

export function failureOf(error: unknown): unknown {
  if (error instanceof JournalFault) return new Failure(error.message, exitCodes.badConfig, { cause: error })
  if (error instanceof StoreUnavailable)
    return new Failure(error.message, exitCodes.failure, { cause: error })
  return error
}
