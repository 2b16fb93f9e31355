/** What outlives a link: requests, answers that are repeated, subscriptions. */
import { MiB } from './units.ts'

export const sessionLimits = {
  /** An id of a task, an ask or a message; a journal's epoch. Past it: `invalid_command`, in a Hello `invalid_frame`. */
  idCharsMax: 200,
  /** A session's id in a Hello. Past it: `invalid_frame`. */
  sessionIdCharsMax: 64,
  /** A client's own id of a request. Past it: `invalid_frame`. */
  requestIdCharsMax: 64,
  /** Commands of one commit: what waits for it is garbage that outlives collections. Past it: the next commit. */
  commitCommandsMax: 16,
  /** Answers kept per session: more than our client has in flight. Past either: the oldest is forgotten. */
  repliesKeptPerSession: 2_048,
  repliesKeptBytesPerSession: 1 * MiB,
  /** The same over all sessions. Past it: a session keeps its newest answer alone. */
  repliesKeptBytesMax: 16 * MiB,
  /** How long a session without a link can be resumed. Past it, or past the number: forgotten, oldest first. */
  sessionGraceMs: 60_000,
  sessionsDetachedMax: 1_024,
  /** Filters of one Subscribe. Past it: `invalid_command`. */
  subscribeTasksMax: 1_000,
  subscribeGlobsMax: 64,
  globCharsMax: 64,
  /** Names in a Hello. Past it: `invalid_frame`. */
  clientNameCharsMax: 100,
  /** Tasks that a session of a `scope=own` listener may own. Past it: the oldest settled one is no longer its own. */
  ownTasksPerSession: 10_000,
} as const
