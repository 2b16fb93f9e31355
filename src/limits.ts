/**
 * Every bound of the daemon, its clients and its command line: value, unit (the last word of its name), why it is so,
 * and what happens at it. One file of `limits/` has those of one area. Leaves: nothing else is imported here. Bounds
 * that a user may change are read from the config and passed on as a `Limits`. The page's are in inspector/limits.ts;
 * what the browser itself keeps is in the page's code, as are steps of work and columns of drawings in theirs.
 */
import { agentLimits } from './limits/agents.ts'
import { cliLimits } from './limits/cli.ts'
import { clientLimits } from './limits/client.ts'
import { daemonLimits } from './limits/daemon.ts'
import { frameLimits } from './limits/frames.ts'
import { journalLimits } from './limits/journal.ts'
import { linkLimits } from './limits/links.ts'
import { queueLimits } from './limits/queue.ts'
import { recordingLimits } from './limits/recordings.ts'
import { reportLimits } from './limits/reports.ts'
import { sessionLimits } from './limits/sessions.ts'
import { storeLimits } from './limits/store.ts'
import { taskLimits } from './limits/tasks.ts'

export const limits = {
  ...frameLimits,
  ...linkLimits,
  ...journalLimits,
  ...sessionLimits,
  ...taskLimits,
  ...queueLimits,
  ...agentLimits,
  ...storeLimits,
  ...recordingLimits,
  ...daemonLimits,
  ...reportLimits,
  ...clientLimits,
  ...cliLimits,
} as const

type Widen<T> = { readonly [K in keyof T]: number }

/** The bounds as values, so that a test or a config can give others. */
export type Limits = Widen<typeof limits>
