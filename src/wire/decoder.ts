/**
 * One link's inbound half: frames out of chunks, values out of frames, messages out of values. Whatever a peer sends
 * becomes a message, a refusal (the link lives) or a broken link; nothing throws.
 */
import { limits } from '../limits.ts'
import type { Batch, Decoded, Decoder, DecoderOptions } from './codec.ts'
import type { Framing } from './framing/framing.ts'
import { FrameReader } from './framing/frame-reader.ts'
import { nestingExceeds } from './nesting.ts'
import { excerptOf } from './printable.ts'
import { rejection } from './rejection.ts'
import type { Outcome, Rejection } from './rejection.ts'
import type { UnfinishedFrame } from './unfinished.ts'
import { requestIdOf, startTextOf } from './vocabulary/parse.ts'

const openingBrace = 0x7b

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** How one end reads. */
export interface Reading<M> {
  readonly framing: Framing
  readonly frameBytesMax: number
  parse(value: unknown): Outcome<M>
}

export class FrameDecoder<M> implements Decoder<M> {
  readonly #options: DecoderOptions
  readonly #reading: Reading<M>
  readonly #depthMax: number
  readonly #reader: FrameReader
  readonly #unfinished: UnfinishedFrame
  /** When the unfinished frame's first byte came. */
  #sinceMs = 0
  #broken: Rejection | undefined
  #closed = false
  #isFirst = true

  constructor(options: DecoderOptions, reading: Reading<M>) {
    this.#options = options
    this.#reading = reading
    this.#depthMax = options.depthMax ?? limits.frameDepthMax
    this.#reader = new FrameReader({
      delimiter: reading.framing.delimiter,
      frameBytesMax: reading.frameBytesMax,
      foreign: reading.framing.foreign,
    })
    this.#unfinished = options.unfinished.open((given) => {
      const reason = ended(given, reading.framing)
      this.#break(reason)
      options.broken(reason)
    })
  }

  get emptyFrames(): number {
    return this.#reader.emptyFrames
  }

  push(chunk: Buffer): Batch<M> {
    if (this.#broken !== undefined) return { items: [], broken: this.#broken }
    if (this.#closed) return { items: [] }
    const items: Decoded<M>[] = []
    const whole = this.#reader.read(chunk, (frame) => items.push(this.#decode(frame)))
    const broken = whole ? this.#account() : this.#whyNotWhole()
    if (broken === undefined) return { items }
    this.#break(broken)
    return { items, broken }
  }

  end(): Rejection | undefined {
    if (this.#broken !== undefined || this.#reader.pendingBytes === 0) return undefined
    const reason = ended(invalidFrame('The link ended within a frame, which is lost.'), this.#reading.framing)
    this.#break(reason)
    return reason
  }

  close(): void {
    this.#closed = true
    this.#forget()
  }

  #account(): Rejection | undefined {
    const bytes = this.#reader.pendingBytes
    if (bytes > 0 && this.#reader.pendingIsNew) this.#sinceMs = this.#options.now()
    return this.#unfinished.hold(bytes, this.#sinceMs)
  }

  #whyNotWhole(): Rejection {
    const { framing, frameBytesMax } = this.#reading
    return this.#reader.isForeign
      ? invalidFrame(framing.foreign.message)
      : ended(tooLarge(frameBytesMax), framing)
  }

  #break(reason: Rejection): void {
    this.#broken = reason
    this.#forget()
  }

  #forget(): void {
    this.#reader.clear()
    this.#unfinished.release()
  }

  #decode(whole: Buffer): Decoded<M> {
    const frame = this.#withoutMark(whole)
    // Junk is told from objects before the costly ways to find out; white space before a frame is already gone.
    if (frame[0] !== openingBrace) return refusal(frame, invalidFrame(whyNoObject(frame)))
    if (nestingExceeds(frame, this.#depthMax)) {
      return refusal(
        frame,
        invalidFrame(`The frame nests deeper than ${this.#depthMax}: send a flatter one.`),
      )
    }
    try {
      return this.#decodeText(frame, textOf(frame))
    } catch {
      return refusal(frame, invalidFrame('The frame could not be read: send a smaller or simpler one.'))
    }
  }

  /** The stream's first frame without its byte order mark, where the framing skips one. */
  #withoutMark(frame: Buffer): Buffer {
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (!isFirst || !this.#reading.framing.skipsByteOrderMark) return frame
    return beginsWithMark(frame) ? frame.subarray(byteOrderMark.length) : frame
  }

  #decodeText(frame: Buffer, text: string | undefined): Decoded<M> {
    if (text === undefined) return refusal(frame, invalidFrame('The frame is not UTF-8.'))
    const json = parseJson(text)
    if (json === undefined)
      return refusal(frame, invalidFrame('The frame is not JSON: send one object and its delimiter.'))
    const inner = this.#reading.framing.unwrap(json.value)
    if (!inner.ok) return refusal(frame, inner.error)
    const message = this.#reading.parse(inner.value)
    if (message.ok) return { ok: true, message: message.value }
    return refusal(frame, message.error, {
      requestId: requestIdOf(inner.value),
      startText: startTextOf(inner.value),
    })
  }
}

function beginsWithMark(frame: Buffer): boolean {
  return frame.subarray(0, byteOrderMark.length).equals(byteOrderMark)
}

function whyNoObject(frame: Buffer): string {
  return beginsWithMark(frame)
    ? 'The frame begins with a byte order mark: send it without one.'
    : 'A frame is one JSON object.'
}

/** Undefined where the bytes are not UTF-8. */
function textOf(frame: Buffer): string | undefined {
  try {
    return strictUtf8.decode(frame)
  } catch {
    return undefined
  }
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return { value }
  } catch {
    return undefined
  }
}

/** `asked`: what is known of who asked, where the frame could be read so far. */
function refusal(
  frame: Buffer,
  reason: Rejection,
  { requestId, startText }: { requestId?: string | undefined; startText?: string | undefined } = {},
): Decoded<never> {
  const told = { rejection: reason, excerpt: excerptOf(frame), bytes: frame.length }
  if (requestId !== undefined) return { ok: false, refusal: { ...told, requestId } }
  return { ok: false, refusal: startText === undefined ? told : { ...told, startText } }
}

function invalidFrame(message: string): Rejection {
  return rejection('invalid_frame', message)
}

/** A link's frame that did not end, with what would have ended it. */
function ended(reason: Rejection, framing: Framing): Rejection {
  return rejection(reason.code, `${reason.message} Here a frame ends with ${framing.delimiterName}.`)
}

function tooLarge(bytesMax: number): Rejection {
  return rejection(
    'frame_too_large',
    `A frame passed ${bytesMax} bytes. Connect again and send smaller ones.`,
  )
}
