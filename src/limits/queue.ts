/** Tasks that wait for their turn, asks that wait for an answer, leases, and who is there. */
import { KiB, MiB } from './units.ts'

export const queueLimits = {
  /** Tasks that run at once. Past it: they are queued. A config may say otherwise; 0 stands for twice the cores. */
  runningTasks: 0,
  /** Tasks that wait for a slot, and the bytes of their requests. Past either: `queue_full`. */
  queuedTasksMax: 1_000,
  queuedTasksBytesMax: 16 * MiB,
  /** From -10 to 10. Past it: `invalid_command`. */
  priorityMax: 10,
  /** Open asks of one task, and the text of one. Past either: the runner is told so, the task goes on. */
  asksPerTaskMax: 64,
  askTextCharsMax: 64 * KiB,
  askOptionsMax: 64,
  /** A command's own name of an ask. Past it: the command is told so, the line is skipped. */
  askNameCharsMax: 100,
  /** Options that a refused answer's reason lists. Past it: the first ones, with an ellipsis. */
  askOptionsTold: 10,
  /**
   * One line of a command's ask channel: an ask at its bounds. Past it: the command is told so, the line is skipped.
   */
  askLineBytesMax: 512 * KiB,
  /** Ended asks that are remembered, to tell a late answer who won. Past it: `unknown_ask` without more. */
  asksRememberedMax: 1_024,
  /** From asking to `expired`, at most. Past it: cut to it. */
  askDeadlineMsMax: 30 * 24 * 3_600_000,
  /** A lease's time to live. Past it: `invalid_command`. */
  leaseTtlMsMax: 24 * 3_600_000,
  /** How long a lease waits for its session's client to come back. */
  leaseGraceMs: 10_000,
  /** Leases of one session. Past it: `limit_exceeded`. */
  leasesPerSessionMax: 256,
  /** Comings and goings of native clients are told at most this often. */
  presenceMs: 100,
} as const
