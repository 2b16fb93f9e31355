/**
 * How messages are set off from each other in a byte stream: a delimiter byte after each frame, and what stands around
 * the message inside one. A Framing keeps no state; framing/frame-reader.ts does, one per link.
 */
import type { FramingName } from '../codec.ts'
import type { Outcome } from '../rejection.ts'

export interface Framing {
  readonly name: FramingName
  /** The byte after each frame. JSON never holds it raw, inside a string or as needed space. */
  readonly delimiter: number
  /** The bytes of one frame, delimiter included, around a message's JSON. */
  wrap(json: string): string
  /** Takes the message out of a frame's parsed JSON, or refuses the frame: then the link lives. */
  unwrap(value: unknown): Outcome<unknown>
}
