/**
 * Where the daemon's socket is: one order of precedence for the daemon and for its clients. Pure: what the process
 * knows (environment, uid, directories) comes in as arguments. An empty value counts as unset everywhere.
 */
import { posix } from 'node:path'
import { limits } from '../limits.ts'
import { pathReady, pathRefused, type PathOutcome } from './path-outcome.ts'
import { boundPathBytes } from './socket-file.ts'

export interface SocketPathInput {
  /** `--socket`. */
  readonly flag?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** The path in the config file. */
  readonly config?: string | undefined
  /** Only the daemon takes Roo Code's variable: for a client it would name somebody else's socket. */
  readonly forServe: boolean
  readonly platform: NodeJS.Platform
  /** -1 where the platform has none. */
  readonly uid: number
  readonly username: string
  /** `os.tmpdir()`, which honours `$TMPDIR`. */
  readonly tmpdir: string
  readonly cwd: string
  readonly pathBytesMax?: number
}

export type SocketPathSource =
  | '--socket'
  | 'CALLBOARD_SOCKET'
  | 'ROO_CODE_IPC_SOCKET_PATH'
  | 'config'
  | 'XDG_RUNTIME_DIR'
  | 'TMPDIR'
  | 'user'
  | 'default'

export interface SocketPath {
  readonly path: string
  /** What decided it, to be named in messages. */
  readonly source: SocketPathSource
  /** True where nobody asked for a path: only then is the directory made. */
  readonly isDefault: boolean
}

/** The first of: `--socket`, CALLBOARD_SOCKET, (serving) ROO_CODE_IPC_SOCKET_PATH, config, the platform's default. */
export function resolveSocketPath(input: SocketPathInput): PathOutcome<SocketPath> {
  const found = askedPath(input) ?? defaultPath(input)
  if (input.platform === 'win32') return pathReady(found)
  const bytesMax = input.pathBytesMax ?? limits.socketPathBytesMax
  const bytes = boundPathBytes(found.path)
  if (bytes <= bytesMax) return pathReady(found)
  return pathRefused(
    'misconfigured',
    `the socket path ${found.path} (from ${found.source}) needs ${bytes} bytes and the system allows ${bytesMax}: ` +
      'give a shorter one with --socket or CALLBOARD_SOCKET',
  )
}

function askedPath(input: SocketPathInput): SocketPath | undefined {
  const { env } = input
  const asked: readonly (readonly [SocketPathSource, string | undefined])[] = [
    ['--socket', input.flag],
    ['CALLBOARD_SOCKET', env['CALLBOARD_SOCKET']],
    ['ROO_CODE_IPC_SOCKET_PATH', input.forServe ? env['ROO_CODE_IPC_SOCKET_PATH'] : undefined],
    ['config', input.config],
  ]
  for (const [source, path] of asked) {
    if (path !== undefined && path !== '') return { path: absolute(path, input), source, isDefault: false }
  }
  return undefined
}

function absolute(path: string, input: SocketPathInput): string {
  return input.platform === 'win32' ? path : posix.resolve(input.cwd, path)
}

function defaultPath(input: SocketPathInput): SocketPath {
  if (input.platform === 'win32') {
    const path = `\\\\.\\pipe\\callboard-${input.username.replaceAll(/[^\w.-]/g, '_')}`
    return { path, source: 'user', isDefault: true }
  }
  const runtimeDirectory = input.env['XDG_RUNTIME_DIR']
  // The XDG specification: a relative path here is invalid and to be ignored.
  if (runtimeDirectory !== undefined && posix.isAbsolute(runtimeDirectory)) {
    const path = posix.join(runtimeDirectory, 'callboard', 'callboard.sock')
    return { path, source: 'XDG_RUNTIME_DIR', isDefault: true }
  }
  const path = posix.join(absolute(input.tmpdir, input), `callboard-${input.uid}`, 'callboard.sock')
  const source = (input.env['TMPDIR'] ?? '') === '' ? 'default' : 'TMPDIR'
  return { path, source, isDefault: true }
}
