/** What a peer may send in one frame, and how long it may take over it. */
import { MiB } from './units.ts'

export const frameLimits = {
  /** One inbound frame. A base64 screenshot fits many times over. Past it: `frame_too_large`, the link is closed. */
  frameInBytesMax: 32 * MiB,
  /** One frame that our own client takes from a server: an inbound frame comes back inside an event's envelope. */
  frameFromServerBytesMax: 34 * MiB,
  /** Nesting of one frame. Real configurations nest about 10 deep. Past it: `invalid_frame`, the link lives. */
  frameDepthMax: 100,
  /** From a frame's first byte to its last. A local socket moves 32 MiB in well under a second. Past it: closed. */
  frameDeadlineMs: 30_000,
  /** How often unfinished frames are checked against their deadline. */
  frameSweepMs: 1_000,
  /**
   * Bytes of unfinished frames over all links: one frame, and some. Past it: the link with the most of them is closed.
   */
  unfinishedBytesMax: 34 * MiB,
  /** Refused frames of one link that are logged one by one within `refusalLogWindowMs`; further ones are counted. */
  refusalLogBurst: 10,
  refusalLogWindowMs: 10_000,
  /** Peer's text in a log line or an error message. Past it: cut, with an ellipsis. */
  loggedTextCharsMax: 200,
  /** A name that a peer gave, in a refusal. Past it: cut, with an ellipsis. */
  quotedNameCharsMax: 40,
  /** A misspelt name for which the one that was meant is looked for. Past it: no such hint. */
  comparedNameCharsMax: 40,
} as const
