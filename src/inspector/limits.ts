/**
 * Every bound of the page's part of the daemon, as src/limits/ has the others': its value, its unit (the last word of
 * its name), and what happens at it. What reports of other programs must keep is there, since the wire checks it.
 */
import { limits } from '../limits.ts'

const KiB = 1024
const MiB = 1024 * KiB

export const inspectorLimits = {
  /** Pages that read at once. Past it: 503. */
  pagesMax: 16,
  /** Sockets of its server. Past it: closed at once. A browser opens six to one server. */
  socketsMax: 128,
  /** From a request's begin to its end. Past it: 408, and the socket is closed. */
  bodyDeadlineMs: 10_000,
  /** How often a page is told what is new, and its figures. */
  batchMs: 120,
  metersEveryMs: 1_000,
  /** Bytes that a page has not read. Past it: it is dropped, and goes on where it was when it comes back. */
  heldBytesMax: 1 * MiB,
  /** Things that happened while somebody looked, for going back in time. Past it: the oldest is forgotten. */
  ringMax: 20_000,
  /** Things told to a page in one batch. Past it: the older ones are counted; a recording has them. */
  happeningsPerBatchMax: 100,
  /** Events of the journal that one batch takes up. Past it: the newest. */
  eventsPerBatchMax: 60,
  /** Commands and answers of one batch whose frames are kept. Past it: they are shown without. */
  framesPerBatchMax: 20,
  /** One command of a page. Past it: 413. */
  postBytesMax: 1 * MiB,
  /** A frame or a context as it is shown, and a text, a list and the nesting in one. Past each: cut, and so marked. */
  frameCharsMax: 4 * KiB,
  shownTextCharsMax: 4 * KiB,
  shownChildrenMax: 200,
  shownDepthMax: 8,
  /** Events that an actor got while a page looked at it. Past it: the oldest is forgotten. */
  payloadsMax: 100,
  /** Actors in one list. Past it: the newest. */
  actorsListedMax: 500,
  /** Events of one page of a timeline, as page/views/timeline.tsx counts too; events counted in one answer. Past it: the next. */
  eventsOfPage: 500,
  eventsCountedAtOnce: 5_000,
  /** A recording that is opened. Past it: refused. */
  recordingBytesMax: 128 * MiB,
  /** Tasks that do not live any more, on the page. Past it: the older ones are only counted. */
  tasksMax: 1_000,
  /**
   * From one listing of them all to the next: so many times what it took, and no less than this. Until then: one by
   * one.
   */
  listingRestFactor: 100,
  listingRestMsMin: 1_000,
  /** Other programs whose actors are shown. Past it: the one not heard of for longest is forgotten. */
  namespacesMax: 16,
  /** Machines of one of them. Past it: left out. */
  machinesMax: limits.inspectedMachinesMax,
  /** Actors of one machine of another program. Past it: the one not heard of for longest is forgotten. */
  actorsMax: 10_000,
  /** From the last page's end to the end of recording: it may only be loaded again. */
  lookingEndsMs: 60_000,
} as const

export type InspectorLimits = { readonly [K in keyof typeof inspectorLimits]: number }
