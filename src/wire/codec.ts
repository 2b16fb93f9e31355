/**
 * Bytes ⇄ validated messages: the only place that validates. A Codec is a framing and a vocabulary, fixed when a
 * listener opens; a Decoder belongs to one link and keeps its unfinished frame. Linear time whatever the chunking.
 */
import type { ClientMessage, ServerMessage } from './envelope.ts'
import type { Rejection } from './rejection.ts'

export const framingNames = ['node-ipc'] as const
export type FramingName = (typeof framingNames)[number]
export const vocabularyNames = ['roo', 'roo-1.89'] as const
export type VocabularyName = (typeof vocabularyNames)[number]

/** A frame that was not taken. The link lives. */
export interface Refusal {
  readonly rejection: Rejection
  /** Where the frame could be read so far: the peer can be answered. */
  readonly requestId?: string
  /** The frame's start, bounded and printable, for the log. */
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
  /** Gives the unfinished frame's bytes back. */
  close(): void
}
