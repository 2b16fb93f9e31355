/** The journal on disk: what is kept, for how long, and in what pieces it is worked on. */
import { KiB, MiB } from './units.ts'

export const storeLimits = {
  /** Retention: past any of these, what is oldest of settled tasks goes, in small chunks. */
  retentionAgeMs: 30 * 24 * 3_600_000,
  retentionBytesMax: 1024 * MiB,
  retentionTasksMax: 10_000,
  /** Time that one chunk of retention may take on the event loop. */
  retentionChunkMs: 4,
  /** How often retention looks. */
  retentionEveryMs: 1_000,
  /**
   * The write-ahead log: a checkpoint is made by the worker each time it grew by the first; past the second, at once.
   */
  walCheckpointBytes: 4 * MiB,
  walBytesMax: 64 * MiB,
  /**
   * How long the log may hold what was erased; how long a commit waits for the worker where the log is past its bytes.
   */
  walErasedMs: 10_000,
  walWaitMs: 200,
  /** One stored piece of a task's events. One event may be larger. */
  segmentBytesMax: 64 * KiB,
  /**
   * Pieces of a task that retention asks for in one go: the clock is looked at between two. Past it: asked for next.
   */
  retentionPiecesAtOnce: 32,
  /** Between two chunks of what is due it rests for so many times a chunk's. */
  retentionRestFactor: 4,
  /** Tasks whose row in the journal is known without asking. Past it: all are forgotten, and asked for again. */
  taskRowsKnown: 4_096,
  /** Starts of daemons that a journal knows. Who comes back from an older one is told of a gap. */
  startsKeptMax: 10_000,
  /** How often a store that could not commit is tried again. */
  storeRetryMs: 500,
  /** What such a try writes: as much as could not be committed, but no less and no more than these. */
  storeProbeBytesMin: 64 * KiB,
  storeProbeBytesMax: 4 * MiB,
  /** One read of stored events for a reader that is below the hot tail. */
  storeReadBytes: 64 * KiB,
  /** Answers and sessions are kept this long across restarts. */
  answersKeptMs: 3_600_000,
  /** Answers that are looked at, and forgotten, in one chunk. Past it: in the next one. */
  answersForgottenAtOnce: 200,
  /** Faults of a journal that `store verify` tells. Past it: the first ones. */
  verifyProblemsMax: 50,
} as const
