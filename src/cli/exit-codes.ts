/**
 * What an exit status of `callboard` means. They are part of its interface: scripts read them, `--help` lists them.
 * 69, 75 and 78 are those of sysexits.h.
 */
import { constants } from 'node:os'

export const exitCodes = {
  ok: 0,
  /** It did not work, or the daemon refused. */
  failure: 1,
  /** The command line was not understood. */
  usage: 2,
  /** No Callboard daemon answers. */
  noDaemon: 69,
  /** A daemon runs already on that socket or with that home. */
  alreadyRunning: 75,
  /** The configuration cannot be used. */
  badConfig: 78,
} as const

/** As shells say it: 128 + the signal's number; an unknown name counts as a plain failure. */
export function signalExitCode(signal: string): number {
  const found = Object.entries(constants.signals).find(([name]) => name === signal)
  return found === undefined ? exitCodes.failure : 128 + found[1]
}

/** The part of `--help` that lists them. */
export const exitCodesHelp = `Exit codes:
  0    it worked
  1    it failed, or the daemon refused it
  2    the command line was not understood
  69   no daemon answers on the socket
  75   a daemon is already running
  78   the configuration cannot be used
  141  the reader of our output went away
  \`run\` exits as its command did: with its code, or 128+n when signal n ended
  it.`
