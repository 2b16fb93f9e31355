/**
 * A recording as it lies on disk, read line by line: at most one line is held. Whatever is named is opened without
 * waiting for anybody (a pipe, a device) and refused unless it is a plain file. Problems are one sentence each.
 */
import { closeSync, constants, fstatSync, openSync, read, readSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { isAbsolute } from 'node:path'
import { promisify } from 'node:util'
import type { Limits } from '../limits.ts'
import { printable } from '../wire/printable.ts'
import { parseRecordedEvent, parseRecordingHeader } from '../wire/recording.ts'
import type { RecordedEvent, RecordingHeader } from '../wire/recording.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'

export type RecordingLimits = Pick<
  Limits,
  'recordingHeaderBytesMax' | 'recordingLineBytesMax' | 'recordingReadBytes'
>

/** Why a recording cannot be played: its message is a sentence for people that names the file. */
export class RecordingProblem extends Error {
  override readonly name = 'RecordingProblem'
}

/** An event and what it takes in the file. */
export interface ReadEvent extends RecordedEvent {
  readonly bytes: number
}

const readFrom = promisify(read)
const lineEnd = 0x0a

/** Refuses, with `invalid_command`, a path that leads to no recording of a version that can be played. */
export function checkRecording(path: string, limits: RecordingLimits): Outcome<void> {
  try {
    RecordingFile.open(path, limits).close()
    return accepted(undefined)
  } catch (error) {
    if (error instanceof RecordingProblem) return refused('invalid_command', error.message)
    throw error
  }
}

export class RecordingFile {
  readonly header: RecordingHeader
  readonly #path: string
  readonly #limits: RecordingLimits
  readonly #fd: number
  readonly #opened: Stats
  #position: number
  #line = 1
  #isOpen = true

  private constructor(path: string, limits: RecordingLimits, fd: number) {
    this.#path = path
    this.#limits = limits
    this.#fd = fd
    this.#opened = fstatSync(fd)
    if (!this.#opened.isFile()) throw notAFile(path, this.#opened)
    const line = this.#firstLine()
    const header = parseRecordingHeader(line)
    if (!header.ok) throw new RecordingProblem(`${shown(path)} ${header.error.message}.`)
    this.header = header.value
    this.#position = line.length + 1
  }

  /** Opens a recording and reads its header. Throws RecordingProblem. */
  static open(path: string, limits: RecordingLimits): RecordingFile {
    if (path.includes('\0') || !isAbsolute(path)) {
      throw new RecordingProblem('configuration.callboard.replay must be an absolute path.')
    }
    const fd = openPlain(path)
    try {
      return new RecordingFile(path, limits, fd)
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#fd)
  }

  /** The events in their order; closes the file at the end. Throws RecordingProblem where the file is broken. */
  async *events(): AsyncGenerator<ReadEvent, void> {
    try {
      for await (const line of this.#lines()) {
        this.#line += 1
        const parsed = parseRecordedEvent(line)
        if (!parsed.ok) throw this.#broken(parsed.error.message)
        if (parsed.value !== undefined) yield { ...parsed.value, bytes: line.length }
      }
      if (this.#hasChanged()) throw this.#changed()
    } finally {
      this.close()
    }
  }

  async *#lines(): AsyncGenerator<Buffer, void> {
    const { recordingReadBytes, recordingLineBytesMax } = this.#limits
    // One for all reads: a line given away is of use until the next is asked for.
    const buffer = Buffer.allocUnsafe(recordingReadBytes)
    let unfinished: Buffer[] = []
    let held = 0
    for (;;) {
      const chunk = await this.#read(buffer)
      if (chunk.length === 0) break
      let from = 0
      for (let end = chunk.indexOf(lineEnd); end !== -1; end = chunk.indexOf(lineEnd, from)) {
        const piece = chunk.subarray(from, end)
        from = end + 1
        if (held + piece.length > recordingLineBytesMax) throw this.#tooLong()
        yield held === 0 ? piece : Buffer.concat([...unfinished, piece])
        unfinished = []
        held = 0
      }
      if (from === chunk.length) continue
      unfinished.push(Buffer.from(chunk.subarray(from)))
      held += chunk.length - from
      if (held > recordingLineBytesMax) throw this.#tooLong()
    }
    if (held > 0) yield this.#lastLine(Buffer.concat(unfinished))
  }

  /** A last line without its end is whole or cut off. */
  #lastLine(line: Buffer): Buffer {
    if (parseRecordedEvent(line).ok) return line
    this.#line += 1
    throw this.#broken('is cut off')
  }

  async #read(buffer: Buffer): Promise<Buffer> {
    try {
      const { bytesRead } = await readFrom(this.#fd, buffer, 0, buffer.length, this.#position)
      this.#position += bytesRead
      return buffer.subarray(0, bytesRead)
    } catch (error) {
      throw unreadable(this.#path, error)
    }
  }

  #firstLine(): Buffer {
    const { recordingHeaderBytesMax } = this.#limits
    const buffer = Buffer.allocUnsafe(recordingHeaderBytesMax + 1)
    let length = 0
    try {
      while (length < buffer.length) {
        const count = readSync(this.#fd, buffer, length, buffer.length - length, length)
        if (count === 0) break
        const end = buffer.subarray(length, length + count).indexOf(lineEnd)
        if (end !== -1) return buffer.subarray(0, length + end)
        length += count
      }
    } catch (error) {
      throw unreadable(this.#path, error)
    }
    if (length === 0) throw new RecordingProblem(`${shown(this.#path)} is empty: it is not a recording.`)
    // Only a header, and not even its end.
    return buffer.subarray(0, Math.min(length, recordingHeaderBytesMax))
  }

  #hasChanged(): boolean {
    const { size, mtimeMs } = fstatSync(this.#fd)
    return size !== this.#opened.size || mtimeMs !== this.#opened.mtimeMs
  }

  #broken(what: string): RecordingProblem {
    return this.#hasChanged() ? this.#changed() : problem(this.#path, `is broken: line ${this.#line} ${what}`)
  }

  #changed(): RecordingProblem {
    return problem(this.#path, 'was changed while it was played')
  }

  #tooLong(): RecordingProblem {
    this.#line += 1
    return this.#broken(`has more than ${this.#limits.recordingLineBytesMax} bytes`)
  }
}

/** Looks before it opens: opening alone does something to some devices. */
function openPlain(path: string): number {
  try {
    const stats = statSync(path)
    if (!stats.isFile()) throw notAFile(path, stats)
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw error instanceof RecordingProblem ? error : unreadable(path, error)
  }
}

function problem(path: string, what: string): RecordingProblem {
  return new RecordingProblem(`The recording ${shown(path)} ${what}.`)
}

function shown(path: string): string {
  return `"${printable(path)}"`
}

function notAFile(path: string, stats: Stats): RecordingProblem {
  const kind = stats.isDirectory() ? 'a directory' : 'no plain file'
  return new RecordingProblem(
    `${shown(path)} is ${kind}: configuration.callboard.replay must name a recording.`,
  )
}

function unreadable(path: string, error: unknown): RecordingProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const why = code === 'ENOENT' || code === 'ENOTDIR' ? 'is not there' : `cannot be read (${code})`
  return problem(path, why)
}
