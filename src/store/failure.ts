/**
 * What SQLite throws, as one sentence for people. A failure that lies outside of us (the disk, its rights, damage,
 * another process) can pass; anything else is a fault of this program and goes on as it was thrown.
 */
import { StoreUnavailable } from './store.ts'

const reasons: Readonly<Record<number, string>> = {
  3: 'this user may not use it',
  5: 'another process is writing to it',
  6: 'another process is writing to it',
  7: 'there is no memory left',
  8: 'it, its directory or its disk is read-only',
  10: 'the disk failed, or has no room left',
  11: 'it is damaged: run `callboard store verify`',
  13: 'the disk has no room left, or the file has reached its largest size',
  14: 'it, or a file beside it, cannot be opened',
  22: 'the file system cannot hold a file so large',
  23: 'this user may not use it',
  26: 'it is not a journal, or it is damaged: run `callboard store verify`',
}

/** Why SQLite failed, as the rest of a sentence; undefined where what was thrown is a fault of ours. */
export function outerReason(error: unknown): string | undefined {
  const code = sqliteCode(error)
  return code === undefined ? undefined : reasons[code]
}

/** SQLite's primary result code (11 is SQLITE_CORRUPT); undefined for anything else that was thrown. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

/** Node says so of a statement that is used after its database was closed. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE'
}

/** What is to be thrown in place of `error`: `deed` is what could not be done ("be written"). */
export function unavailable(path: string, deed: string, error: unknown): unknown {
  if (error instanceof StoreUnavailable) return error
  const why = isClosed(error) ? 'it has been closed' : outerReason(error)
  if (why === undefined) return error
  return new StoreUnavailable(`The journal ${path} cannot ${deed}: ${why}.`, { cause: error })
}
