/**
 * The frame of a message that a program made for the drop-in classes: as it is, in the framing of every real client and
 * server. It is its maker's to get right; the other end validates.
 */
import { nodeIpc } from '../framing/node-ipc.ts'

/** One whole frame. Throws what JSON.stringify throws, such as for a message that contains itself. */
export function frameOf(message: object): Buffer {
  return Buffer.from(frameTextOf(message))
}

/** The same as text, for whom writes it into a buffer that is there already. */
export function frameTextOf(message: object): string {
  return nodeIpc.wrap(JSON.stringify(message))
}
