/** The lines of a file, one after the other, without holding more of it than the longest of them. */
import { closeSync, openSync, readSync } from 'node:fs'
import { limits } from '../../limits.ts'
import { Failure } from '../failure.ts'

const pieceBytes = 256 * 1024
const lineEnd = 0x0a

/** Each line without its end; a last one without an end counts. Throws Failure (1) where the file cannot be read. */
export function* fileLines(path: string): Generator<Buffer> {
  const file = opened(path)
  try {
    let held: Buffer[] = []
    let heldBytes = 0
    for (let piece = nextPiece(file, path); piece.length > 0; piece = nextPiece(file, path)) {
      let start = 0
      for (let end = piece.indexOf(lineEnd); end >= 0; end = piece.indexOf(lineEnd, start)) {
        yield Buffer.concat([...held, piece.subarray(start, end)])
        held = []
        heldBytes = 0
        start = end + 1
      }
      heldBytes += piece.length - start
      if (heldBytes > limits.recordingLineBytesMax)
        throw new Failure(
          `${path} is not an export: it has a line of more than ${limits.recordingLineBytesMax} bytes.`,
        )
      if (start < piece.length) held.push(piece.subarray(start))
    }
    if (held.length > 0) yield Buffer.concat(held)
  } finally {
    closeSync(file)
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function nextPiece(file: number, path: string): Buffer {
  const piece = Buffer.allocUnsafe(pieceBytes)
  try {
    return piece.subarray(0, readSync(file, piece))
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): Failure {
  const why = cause instanceof Error ? (cause.message.split(',')[0] ?? cause.message) : String(cause)
  return new Failure(`${path} cannot be read: ${why}.`, 1, { cause })
}
