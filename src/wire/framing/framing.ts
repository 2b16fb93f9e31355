/**
 * How messages are set off from each other in a byte stream: a delimiter byte after each frame, and what stands around
 * the message inside one. A Framing keeps no state; framing/frame-reader.ts does, one per link.
 */
import type { FramingName } from '../codec.ts'
import type { Outcome } from '../rejection.ts'

/** Another framing's frame, where this one's was expected: known for certain before its own delimiter comes. */
export interface ForeignFraming {
  /** How its first bytes read; never those of a frame that could be taken here. */
  readonly begins: RegExp
  /** The byte that ends it there. */
  readonly delimiter: number
  /** One sentence for the log: what it looks like and which listener to use. */
  readonly message: string
}

export interface Framing {
  readonly name: FramingName
  /** The byte after each frame. JSON never holds it raw, inside a string or as needed space. */
  readonly delimiter: number
  /** That byte in words: "a form feed". */
  readonly delimiterName: string
  /** Whether a byte order mark at the stream's start is skipped. */
  readonly skipsByteOrderMark: boolean
  readonly foreign: ForeignFraming
  /** The bytes of one frame, delimiter included, around a message's JSON. */
  wrap(json: string): string
  /** Takes the message out of a frame's parsed JSON, or refuses the frame: then the link lives. */
  unwrap(value: unknown): Outcome<unknown>
}

/** The sentence for who meets the other framing, at either end. */
export function mistakenFor(looks: FramingName, spoken: FramingName): string {
  const each = (name: FramingName): string => `a client of ${name} needs a ${name}+… listener`
  return `This looks like the framing ${looks}, and here ${spoken} is spoken: ${each(looks)}, ${each(spoken)}.`
}
