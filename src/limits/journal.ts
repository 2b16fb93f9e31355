/** The journal in memory, and how its events are handed out to readers near and far. */
import { KiB, MiB } from './units.ts'

export const journalLimits = {
  /** The hot tail, over all lanes. In memory mode it is the journal. Past it: the oldest slab goes (retention). */
  tailBytesMax: 32 * MiB,
  /**
   * The same where the journal is on disk: readers that are further behind read that. A config's `tailBytesMax` goes
   * over it.
   */
  tailOnDiskBytesMax: 16 * MiB,
  /** The part of the tail that lanes other than the journal's own may hold. Past it: their readers read the journal. */
  laneTailBytesMax: 4 * MiB,
  /** One slab of encoded frames. */
  slabBytes: 64 * KiB,
  /** Free slabs kept for reuse. Past it: left to the garbage collector. */
  slabPoolMax: 64,
  /** Lanes that exist at once. Past it: Subscribe is answered `limit_exceeded`. */
  lanesMax: 1_024,
  /** Slabs written in one turn to links that are behind, over all links: live readers must not wait for them. */
  catchUpSlabsPerTurn: 8,
  /** Events that are looked at for one of them in a turn: its filter may match little. Past it: in a later turn. */
  catchUpEventsLooked: 4_096,
  /** Bytes that runners may append in one turn before their streams are paused until the turn's flush. */
  turnAppendBytesMax: 256 * KiB,
  /** Lag of a task's client at which its output is not read, and is again. One stuck for so long holds nothing up. */
  paceHighBytes: 2 * MiB,
  paceLowBytes: 512 * KiB,
  paceStallMs: 2_000,
} as const
