/**
 * One piece of the journal for a reader that is not in its lane's chain: from the hot tail or from the store, encoded
 * again where its lane speaks otherwise. Bounded in bytes and in events looked at: a filter that matches little must not
 * scan everything in one turn.
 */
import type { EventMessage } from '../wire/envelope.ts'
import type { Journal } from './journal.ts'
import type { Lane } from './lane.ts'
import { onlyTaskOf } from './subscriptions.ts'
import type { Subscriber } from './subscriber.ts'

export interface ReadingOptions {
  readonly journal: Journal
  /** Reads a canonical frame back, so that another vocabulary can say it. */
  readonly decodeStored: (frame: Uint8Array) => EventMessage
  readonly writeBytes: number
  readonly catchUpEventsLooked: number
}

export interface Piece {
  /** Undefined where nothing of it is for this reader. */
  readonly bytes: Buffer | undefined
  /** Everything up to here is in it, or not for this reader. */
  readonly through: number
}

/** `room`: what the piece is written into where it fits, so that a replay leaves no garbage of its own size. */
export function readPiece(reader: Subscriber, lane: Lane, options: ReadingOptions, room: Buffer): Piece {
  const { seq: after, backlog } = reader
  const { journal, decodeStored, writeBytes } = options
  const until = backlog?.through ?? Infinity
  const isWanted = (task: string, name: string): boolean =>
    lane.wants(task, name) && (backlog === undefined || backlog.tasks.has(task))
  const frames: Buffer[] = []
  let bytes = 0
  let isPast = false
  const through = journal.scan(
    after,
    options.catchUpEventsLooked,
    ({ seq, task, name, frame }) => {
      isPast = seq > until
      if (isPast) return false
      if (!isWanted(task, name)) return true
      const said =
        lane.dialect.codec === journal.codec ? frame : lane.dialect.codec.encodeToClient(decodeStored(frame))
      if (said === undefined) return true
      if (bytes > 0 && bytes + said.length > writeBytes) return false
      frames.push(said)
      bytes += said.length
      return true
    },
    onlyTaskFor(reader, lane),
  )
  return {
    bytes: bytes === 0 ? undefined : joined(frames, bytes, room),
    through: isPast ? until : Math.min(through, until),
  }
}

function joined(frames: readonly Buffer[], bytes: number, room: Buffer): Buffer {
  if (bytes > room.length) return Buffer.concat(frames, bytes)
  let end = 0
  for (const frame of frames) end += frame.copy(room, end)
  return room.subarray(0, end)
}

/** The only task whose events a reader behind its lane is to get. */
export function onlyTaskFor({ backlog }: Subscriber, { filter }: Lane): string | undefined {
  return backlog?.tasks.size === 1 ? backlog.tasks.values().next().value : onlyTaskOf(filter)
}
