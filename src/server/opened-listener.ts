/**
 * An IpcServer's place on the file system: bound in the calling turn where nothing is in the way, else after whatever
 * lies there has been looked at. A stale socket is removed, a live one or another file never.
 */
import { codeOf } from '../transport/error-code.ts'
import { claimSocketPath } from '../transport/socket-claim.ts'
import type { Listener, ListenOptions, Transport } from '../transport/transport.ts'

/** What the server is told: one of the two, in this turn or a later one. */
export interface OpeningOwner {
  opened(listener: Listener): void
  /** `code` is as Node's own errors of listening have it. */
  failed(error: NodeJS.ErrnoException): void
}

/** Listens. `isWanted` is asked again after each wait. */
export function openListener(
  transport: Transport,
  options: ListenOptions,
  owner: OpeningOwner,
  isWanted: () => boolean,
): void {
  const first = attempt(transport, options)
  if (!(first instanceof Error)) return owner.opened(first)
  if (codeOf(first) !== 'EADDRINUSE') return owner.failed(explained(first, options.path))
  claimAndOpen(transport, options, owner, isWanted).catch((error: unknown) => {
    owner.failed(errorOf(error))
  })
}

async function claimAndOpen(
  transport: Transport,
  options: ListenOptions,
  owner: OpeningOwner,
  isWanted: () => boolean,
): Promise<void> {
  const claim = await claimSocketPath(options.path, { otherPath: 'listen at another path' })
  if (!isWanted()) return
  if (!claim.ok) return owner.failed(withCode(claim.message, options.path, 'EADDRINUSE'))
  const second = attempt(transport, options)
  if (second instanceof Error) owner.failed(explained(second, options.path))
  else owner.opened(second)
}

function attempt(transport: Transport, options: ListenOptions): Listener | Error {
  try {
    return transport.listen(options)
  } catch (error) {
    return errorOf(error)
  }
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'its directory may not be written',
  EADDRINUSE: 'something else was put there',
  ENAMETOOLONG: "the path is longer than a socket's may be",
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'its directory is none',
}

function explained(error: Error, path: string): NodeJS.ErrnoException {
  const code = codeOf(error) ?? 'EINVAL'
  const why = reasons[code]
  const text = why === undefined ? error.message : `cannot listen at ${path}: ${why} (${code})`
  return withCode(text, path, code, error)
}

function withCode(message: string, path: string, code: string, cause?: Error): NodeJS.ErrnoException {
  const error = new Error(message, cause === undefined ? {} : { cause })
  return Object.assign(error, { code, path, syscall: 'listen' })
}
