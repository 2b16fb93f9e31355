/**
 * Bytes ⇄ validated messages: the only place that validates. A Codec is a framing and a vocabulary, fixed when a
 * listener opens; a Decoder belongs to one link and keeps its unfinished frame. Linear time whatever the chunking.
 */
import { limits } from '../limits.ts'
import { FrameDecoder } from './decoder.ts'
import type { ClientMessage, EventMessage, ServerMessage } from './envelope.ts'
import { eventTexts } from './event-texts.ts'
import type { Framing } from './framing/framing.ts'
import { lines } from './framing/lines.ts'
import { nodeIpc } from './framing/node-ipc.ts'
import { printableName } from './printable.ts'
import { accepted, refused } from './rejection.ts'
import type { Outcome, Rejection } from './rejection.ts'
import type { UnfinishedFrames } from './unfinished.ts'
import { roo } from './vocabulary/roo.ts'
import { roo189 } from './vocabulary/roo-1.89.ts'
import { seed } from './vocabulary/seed.ts'
import type { Vocabulary } from './vocabulary/vocabulary.ts'

export const framingNames = ['node-ipc', 'lines'] as const
export type FramingName = (typeof framingNames)[number]
export const vocabularyNames = ['roo', 'roo-1.89', 'seed'] as const
export type VocabularyName = (typeof vocabularyNames)[number]

/** A frame that was not taken. The link lives. */
export interface Refusal {
  readonly rejection: Rejection
  /** Where the frame could be read so far: the peer can be answered. */
  readonly requestId?: string
  /** The text of a StartNewTask without one: its client waits for the task's end. */
  readonly startText?: string
  /** The frame's start, bounded and printable, for the log. It ends before a task's configuration. */
  readonly excerpt: string
  readonly bytes: number
}

export type Decoded<M> =
  { readonly ok: true; readonly message: M } | { readonly ok: false; readonly refusal: Refusal }

export interface Batch<M> {
  /** Messages and refusals in the order of their frames. */
  readonly items: readonly Decoded<M>[]
  /** Framing itself is broken or its limit passed: the link must be closed. Nothing more is decoded. */
  readonly broken?: Rejection
}

export interface Decoder<M> {
  push(chunk: Buffer): Batch<M>
  /** Frames skipped because nothing, or only white space, stood in them. */
  readonly emptyFrames: number
  /** The peer writes no more. A rejection: a frame had begun, and is lost. */
  end(): Rejection | undefined
  /** Gives the unfinished frame's bytes back. After it nothing is decoded, and `broken` is not called. */
  close(): void
}

export interface DecoderOptions {
  /** The budget that all decoders of a daemon share. */
  readonly unfinished: UnfinishedFrames
  /** Milliseconds, of the clock that `unfinished.sweep` is called with. */
  now(): number
  /**
   * The link must be closed for a reason that did not come with its own chunk: its unfinished frame took too long, or
   * another link's chunk passed the budget. What comes with its own chunk is `Batch.broken` instead. Must not throw.
   */
  broken(reason: Rejection): void
  readonly frameBytesMax?: number
  readonly depthMax?: number
}

export interface Codec {
  /** `<framing>+<vocabulary>`. */
  readonly name: string
  readonly framing: Framing
  readonly vocabulary: Vocabulary
  /** The server's end. `frameBytesMax` is `limits.frameInBytesMax` where not given. */
  decodeFromClients(options: DecoderOptions): Decoder<ClientMessage>
  /** The client's end. `frameBytesMax` is `limits.frameFromServerBytesMax` where not given. */
  decodeFromServer(options: DecoderOptions): Decoder<ServerMessage>
  /** One whole frame; undefined where the vocabulary cannot say it. */
  encodeToClient(message: ServerMessage): Buffer | undefined
  encodeToServer(message: ClientMessage): Buffer
}

/** A framing and a vocabulary as one. It keeps no state: one is enough for any number of links. */
export function codec(framing: Framing, vocabulary: Vocabulary): Codec {
  return {
    name: `${framing.name}+${vocabulary.name}`,
    framing,
    vocabulary,
    decodeFromClients: (options) =>
      new FrameDecoder(options, {
        framing,
        frameBytesMax: options.frameBytesMax ?? limits.frameInBytesMax,
        parse: (value) => vocabulary.parseFromClient(value),
      }),
    decodeFromServer: (options) =>
      new FrameDecoder(options, {
        framing,
        frameBytesMax: options.frameBytesMax ?? limits.frameFromServerBytesMax,
        parse: (value) => vocabulary.parseFromServer(value),
      }),
    encodeToClient(message) {
      const said = vocabulary.toClient(message)
      return said === undefined ? undefined : encode(framing, said)
    },
    encodeToServer: (message) => encode(framing, vocabulary.toServer(message)),
  }
}

/** The journal's: it says events of one draft at once. */
export interface JournalCodec extends Codec {
  readonly eventTexts: typeof eventTexts
}

/** What the journal's frames are encoded in. */
export const canonicalCodec: JournalCodec = { ...codec(nodeIpc, roo), eventTexts }

/** What the original design document's programs speak. */
export const seedCodec: Codec = codec(nodeIpc, seed)

const codecs: readonly Codec[] = [
  canonicalCodec,
  codec(nodeIpc, roo189),
  seedCodec,
  codec(lines, roo),
  codec(lines, roo189),
  codec(lines, seed),
]

/** The codec named `<framing>+<vocabulary>`; refused with `unsupported` and the names that there are. */
export function parseListenerCodec(name: string): Outcome<Codec> {
  const found = codecs.find((one) => one.name === name)
  if (found !== undefined) return accepted(found)
  const known = codecs.map((one) => one.name).join(', ')
  return refused('unsupported', `There is no codec "${printableName(name)}". There are ${known}.`)
}

/**
 * Reads a frame that this program encoded with `canonicalCodec`, without validating it again. Throws where it is none:
 * the journal is then damaged.
 */
export function parseStoredFrame(frame: Uint8Array): EventMessage {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  const end = bytes.at(-1) === nodeIpc.delimiter ? bytes.length - 1 : bytes.length
  const outer: { readonly data?: EventMessage } | null = JSON.parse(bytes.toString('utf8', 0, end))
  if (outer?.data?.type !== 'TaskEvent') throw new Error('A stored frame holds no event.')
  return outer.data
}

function encode(framing: Framing, said: object): Buffer {
  return Buffer.from(framing.wrap(JSON.stringify(said)))
}
