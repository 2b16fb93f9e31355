/** Tasks, their messages, and the commands that run as one. */
import { KiB, MiB } from './units.ts'

export const taskLimits = {
  /** Tasks that run at once in all, with those inside others, which take no slot. Past it: `queue_full`. */
  tasksLiveMax: 512,
  /** Levels of tasks inside tasks that are climbed to the outermost. Past it: the one reached counts as that. */
  ancestorsMax: 1_000,
  /** Settled tasks kept in memory. Past either: the oldest is forgotten (`unknown_task`). */
  tasksKeptMax: 10_000,
  tasksKeptBytesMax: 8 * MiB,
  /** Tasks of one PruneTasks: 5 ms. More ids: `invalid_command`; where more may go, its answer says so. */
  pruneTasksMax: 250,
  /** A task's text in lists; GetTask and the journal hold no more than its first message. */
  listedTextCharsMax: 1_000,
  /** Messages waiting for a task that is still starting. Past it: `limit_exceeded`. */
  queuedMessagesMax: 64,
  queuedMessagesBytesMax: 1 * MiB,
  /** One message of a command's output; then a new one begins, so that full-text updates stay linear. */
  outputMessageBytes: 8 * KiB,
  /** Updates of one message come at most this often; the last one always. */
  messageUpdateMs: 50,
  /** What may wait for a command's stdin. Past it: `limit_exceeded`. */
  stdinBytesMax: 1 * MiB,
  /** From TERM to KILL when a task is cancelled. */
  cancelGraceMs: 5_000,
  /** From the exit of a command to the closing of its output by descendants that hold it. Past it: they are ended. */
  outputCloseGraceMs: 1_000,
  /** How often and how long descendants are looked for after KILL. */
  reapPollMs: 20,
  reapDeadlineMs: 5_000,
  /** By how much a process may be older than its task and be of it: clocks are set, starts rounded. Past it: left alone. */
  leftoverToleranceMs: 60_000,
  /** What `ps` may print, where there is no /proc, and how long it may take. Past either: a task's group alone is ended. */
  psOutputBytesMax: 64 * MiB,
  psDeadlineMs: 5_000,
  /** A path, an address or a value of a task's configuration. Past it: `invalid_command`, in the config file exit 78. */
  pathCharsMax: 4_096,
  /** Arguments and environment of a command. Past it: `invalid_command`, before the kernel says E2BIG. */
  commandArgsMax: 10_000,
  commandBytesMax: 1 * MiB,
  /** One argument or one NAME=value, with its NUL: Linux' MAX_ARG_STRLEN. Past it: `invalid_command`. */
  commandArgBytesMax: 128 * KiB,
} as const
