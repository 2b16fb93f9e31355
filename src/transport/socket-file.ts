/**
 * The socket file of a listener: published at its path with mode 0600 and recognised later by device and inode.
 * It is bound in a private directory beside the path and then linked there. So nobody can open it before it has its
 * mode, a file in the way is an error and is never replaced, nobody meets a bound socket that does not listen yet,
 * and the umask, which all threads share, is not touched.
 * The trap this avoids: libuv, closing a listening socket, unlinks the name that it was bound under, whoever owns it
 * by then. That name is the private one, which is gone.
 */
import { chmodSync, linkSync, lstatSync, mkdtempSync, renameSync, rmSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { limits } from '../limits.ts'
import { codeOf } from './error-code.ts'

/** Which file it was when it was bound. While the socket lives its inode cannot be given to another file. */
export class SocketFile {
  readonly path: string
  readonly #device: bigint
  readonly #inode: bigint

  constructor(path: string, device: bigint, inode: bigint) {
    this.path = path
    this.#device = device
    this.#inode = inode
  }

  /** True while the file at the path is this one. */
  isThere(): boolean {
    try {
      const found = lstatSync(this.path, { bigint: true })
      return found.dev === this.#device && found.ino === this.#inode
    } catch {
      return false
    }
  }

  /** Removes the file if it is this one; another's stays. */
  remove(): void {
    if (this.isThere()) rmSync(this.path, { force: true })
  }
}

/** What must fit into `sun_path`: the path's bytes, or where its name is shorter than `.XXXXXX/s`, the private one's. */
export function boundPathBytes(path: string): number {
  return Math.max(Buffer.byteLength(path), Buffer.byteLength(`${dirname(path)}/.XXXXXX/s`))
}

/**
 * Calls `bind` with a private path at which it must bind a socket at once, then links that socket to `path`.
 * Throws an error with a `code`: EADDRINUSE where something is at `path`, ENAMETOOLONG, or what the file system says.
 * After a throw `path` is as it was; what `bind` opened is the caller's to close.
 */
export function publishSocket(path: string, bind: (stagedPath: string) => void): SocketFile {
  try {
    return publish(path, bind)
  } catch (error) {
    const code = codeOf(error) === 'EEXIST' ? 'EADDRINUSE' : codeOf(error)
    throw listenError(code ?? 'EINVAL', path, error)
  }
}

function publish(path: string, bind: (stagedPath: string) => void): SocketFile {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw listenError('EADDRINUSE', path)
  if (boundPathBytes(path) > limits.socketPathBytesMax) throw listenError('ENAMETOOLONG', path)
  // Not by `join`: it would drop the dot, and with it the directory.
  const stage = mkdtempSync(`${dirname(path)}/.`)
  try {
    const staged = join(stage, 's')
    bind(staged)
    chmodSync(staged, 0o600)
    const { dev, ino } = lstatSync(staged, { bigint: true })
    moveSocket(staged, path)
    return new SocketFile(path, dev, ino)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

/** Links, because a link never replaces a file. Where the file system has no hard links, looks and renames. */
function moveSocket(from: string, to: string): void {
  try {
    linkSync(from, to)
    unlinkSync(from)
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) throw listenError('EADDRINUSE', to)
    renameSync(from, to)
  }
}

/** An error of listening, with `code` as Node's own errors have it. */
export function listenError(code: string, path: string, cause?: unknown): NodeJS.ErrnoException {
  const error = new Error(`cannot listen at ${path}: ${code}`, cause === undefined ? {} : { cause })
  return Object.assign(error, { code, path, syscall: 'listen' })
}
