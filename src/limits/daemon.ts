/** The daemon as a process: its start and stop, sockets, log, config and memory. */
import { MiB } from './units.ts'

export const daemonLimits = {
  /** From SIGTERM or Shutdown to the cancelling of running tasks. */
  drainDeadlineMs: 10_000,
  drainDeadlineMsMax: 3_600_000,
  /** `sun_path` less its NUL. Past it: exit 78. */
  socketPathBytesMax: process.platform === 'darwin' ? 103 : 107,
  /** How often a listener looks whether its socket file is still its own. */
  socketWatchMs: 1_000,
  /** How long a probe waits for the owner of a socket file. */
  socketProbeMs: 1_000,
  /** daemon.log of an autostarted daemon. At it: it becomes daemon.log.1, in place of the earlier one. */
  daemonLogBytesMax: 8 * MiB,
  /**
   * Log lines that wait for a stderr that takes nothing, and how often it is tried again. Past it: dropped, counted.
   */
  logHeldBytesMax: 1 * MiB,
  logRetryMs: 100,
  /**
   * How long `run` and `start` wait for the daemon that they started, `run` for one that went away. Past it: exit 69.
   */
  autostartDeadlineMs: 15_000,
  daemonReturnMs: 5_000,
  /** How often one `run` waits for a daemon that went away. Past it: exit 69. */
  daemonReturnsMax: 16,
  /** The config file. Past it: exit 78. */
  configBytesMax: 1 * MiB,
  profilesMax: 256,
  /** Listeners that it names beside the socket. Past it: exit 78. */
  listenersMax: 64,

  /**
   * Resident growth past which garbage is collected; again a step on, or a step of buffers and a rest of so many times.
   */
  memoryHighBytes: 32 * MiB,
  memoryStepBytes: 4 * MiB,
  memoryRestFactor: 40,
  /** How often memory is looked at while something is read or told, and while tasks live. */
  memoryLookMs: 50,
} as const
