/** Live sockets: their number, their opening and ending, and what may wait for one that does not read. */
import { KiB, MiB } from './units.ts'

export const linkLimits = {
  /** Live links of one daemon. Past it: a new link is closed before its Ack, and logged. */
  connectionsMax: 8_192,
  /** The most of them that a config may ask for: open files run out before. Past it: exit 78. */
  connectionsMaxMax: 65_536,
  /** The flush of the Ack. Past it: closed. */
  ackTimeoutMs: 10_000,
  /** One socket write of events: the best size measured, and what node-ipc 12 clients can digest. */
  writeBytes: 64 * KiB,
  /** Lag of a link at which its connection becomes `congested`, and at which it is `flowing` again. */
  lagHighBytes: 1 * MiB,
  lagLowBytes: 256 * KiB,
  /**
   * Direct answers that wait for one link; joined as they wait, they take up to twice their bytes. At it: the daemon
   * stops reading that link until half is written.
   */
  outboxBytesMax: 1 * MiB,
  /**
   * Direct answers over all links, looked at when one has the second. Past it: the link with the most is closed. One
   * answer of the second's size also has its garbage looked at, in its turn.
   */
  answersBytesMax: 24 * MiB,
  answersShareBytes: 128 * KiB,
  /** What a link may still take to read its last bytes when the daemon drains. Past it: destroyed. */
  linkDrainMs: 1_000,

  /**
   * What waits for one client of an IpcServer; and for all of them, broadcasts apart, whose bytes they share. Past the
   * first that client, past the second the one with the most is closed, and logged. A single frame may be larger.
   */
  serverOutboxBytesMax: 16 * MiB,
  serverOutboxesBytesMax: 32 * MiB,
} as const
