/**
 * Where log lines go: a file descriptor, usually stderr. A line is written in the turn that logs it, so that the last
 * one before a crash is there; but a reader that reads nothing, a full disk or a closed pipe neither block the daemon
 * nor end it: lines are held, up to a bound, then dropped and counted. Nothing here throws.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs'
import { limits } from './limits.ts'

export interface LogSink {
  write(line: string): void
  /** Lines that were dropped so far. */
  readonly dropped: number
}

export interface LogSinkOptions {
  readonly fd: number
  /**
   * The log file that an autostarted daemon has as its stderr. Where `fd` is that very file it is kept under
   * `fileBytesMax`: what is over moves to `<file>.1`, in place of the earlier one.
   */
  readonly file?: string
  readonly fileBytesMax?: number
  readonly heldBytesMax?: number
  readonly retryMs?: number
  /** Writes some of the bytes and returns how many, or throws what `fs.writeSync` throws. */
  readonly writeSome?: (fd: number, bytes: Uint8Array) => number
}

/** Writes to `fd`, which must not block: see `openStderr`. */
export function createLogSink(options: LogSinkOptions): LogSink {
  const { fd, file, fileBytesMax = limits.daemonLogBytesMax, writeSome = writeSync } = options
  const { heldBytesMax = limits.logHeldBytesMax, retryMs = limits.logRetryMs } = options
  const held: Buffer[] = []
  let heldBytes = 0
  let dropped = 0
  let unsaid = 0
  let retry: NodeJS.Timeout | undefined

  /** True when nothing is held any more. */
  function flush(): boolean {
    for (let first = held[0]; first !== undefined; first = held[0]) {
      const written = tryWrite(first)
      if (written === undefined) return false
      heldBytes -= written
      if (written < first.length) held[0] = first.subarray(written)
      else held.shift()
    }
    return true
  }

  function tryWrite(bytes: Buffer): number | undefined {
    try {
      return writeSome(fd, bytes)
    } catch {
      // EAGAIN, ENOSPC, EPIPE and the like: some end by themselves, none is worth the daemon.
      return undefined
    }
  }

  function hold(bytes: Buffer): void {
    // One line is always held, so that a part already written gets its rest.
    if (heldBytes + bytes.length > heldBytesMax && held.length > 0) {
      dropped += 1
      unsaid += 1
      return
    }
    held.push(bytes)
    heldBytes += bytes.length
  }

  function later(): void {
    retry ??= setTimeout(() => {
      retry = undefined
      if (flush()) sayDropped()
      if (held.length > 0) later()
    }, retryMs).unref()
  }

  function sayDropped(): void {
    if (unsaid === 0) return
    hold(
      Buffer.from(
        `{"level":40,"time":${Date.now()},"msg":"${unsaid} log lines were dropped: nobody took them"}\n`,
      ),
    )
    unsaid = 0
    flush()
  }

  return {
    write(line) {
      if (file !== undefined) boundFile(fd, file, fileBytesMax)
      hold(Buffer.from(line))
      if (!flush()) later()
    },
    get dropped() {
      return dropped
    },
  }
}

/** Moves the file's content away when it has grown past its bound. The descriptor stays: other writers may hold it. */
function boundFile(fd: number, file: string, bytesMax: number): void {
  try {
    const open = fstatSync(fd)
    if (!open.isFile() || open.size < bytesMax) return
    const named = statSync(file)
    if (named.ino !== open.ino || named.dev !== open.dev) return
    copyFileSync(file, `${file}.1`)
    ftruncateSync(fd, 0)
  } catch {
    // A full disk, a removed file: the log goes on where it is.
  }
}

/**
 * A descriptor of this process's stderr whose writes do not block. A terminal that was stopped (Ctrl-S) and a pipe that
 * nobody reads would hold the whole daemon otherwise.
 */
export function openStderr(): number {
  const { fd } = process.stderr
  try {
    const stats = fstatSync(fd)
    // Opened anew, since the mode belongs to the open file, which the shell and other programs share.
    if (stats.isCharacterDevice() || stats.isFIFO()) return reopen(fd)
  } catch {
    // Not openable anew (no /dev/fd, another user's terminal), or closed: as it is.
  }
  return fd
}

function reopen(fd: number): number {
  const reopened = openSync(`/dev/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  if (reopened > 2) return reopened
  closeSync(reopened)
  return fd
}
