/**
 * The directory of the daemon's socket is the wall: whoever can open the socket can run programs as its user. Only the
 * default directory is made here, and it must be ours alone; one that was asked for must exist and is never changed.
 */
import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from './error-code.ts'
import { pathReady, pathRefused, type PathOutcome } from './path-outcome.ts'
import type { SocketPath } from './socket-path.ts'

/** A path to serve; `source` is what named it, for messages. */
export type ServedPath = Pick<SocketPath, 'path' | 'isDefault'> & { readonly source: string }

/** Makes or checks the socket's directory; its value is the directory. `uid` is the daemon's own. */
export function prepareSocketDirectory(
  socket: ServedPath,
  process: { readonly platform: NodeJS.Platform; readonly uid: number },
): PathOutcome<string> {
  const directory = dirname(socket.path)
  if (process.platform === 'win32') return pathReady(directory)
  return socket.isDefault ? prepareDefault(directory, socket, process.uid) : checkAsked(directory, socket)
}

function checkAsked(directory: string, socket: ServedPath): PathOutcome<string> {
  try {
    if (statSync(directory).isDirectory()) return pathReady(directory)
    return pathRefused(
      'misconfigured',
      `${directory} (from ${socket.source}) is not a directory: ${elsewhere}`,
    )
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      const message = `the directory ${directory} (from ${socket.source}) does not exist: make it, or ${elsewhere}`
      return pathRefused('misconfigured', message)
    }
    const message = `the directory ${directory} (from ${socket.source}) cannot be read (${codeOf(error)}): ${elsewhere}`
    return pathRefused('misconfigured', message)
  }
}

const elsewhere = 'give another path with --socket or CALLBOARD_SOCKET'

function prepareDefault(directory: string, socket: ServedPath, uid: number): PathOutcome<string> {
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') {
      const message = `the directory ${directory} (from ${socket.source}) cannot be made (${codeOf(error)}): ${elsewhere}`
      return pathRefused('misconfigured', message)
    }
  }
  const fault = directoryFault(directory, uid)
  return fault === undefined ? pathReady(directory) : pathRefused('misconfigured', fault)
}

/** Why others could come in through this directory; undefined where they cannot. */
function directoryFault(directory: string, uid: number): string | undefined {
  const found = lstatSync(directory, { throwIfNoEntry: false })
  if (found === undefined || !found.isDirectory()) {
    return `${directory} is not a real directory: remove it, or ${elsewhere}`
  }
  if (found.uid !== uid) {
    return `${directory} belongs to user ${found.uid}, not to you (${uid}): ${elsewhere}`
  }
  if ((found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
    return `${directory} has mode ${mode}, so others can come in: run chmod 0700 ${directory}, or ${elsewhere}`
  }
  return undefined
}
