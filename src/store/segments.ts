/**
 * The journal's events on disk: rows of consecutive events of one task, whose frames lie one behind the other. The
 * frames are told apart by the delimiter that ends each of them and that no JSON can contain.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { limits } from '../limits.ts'
import { bytesOf, integerOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'
import type { StoredEvent } from './store.ts'

/** Ends each canonical frame (node-ipc framing). */
const delimiter = 0x0c

export interface Written {
  readonly segments: number
  readonly bytes: number
}

export class Segments {
  readonly #insert: StatementSync
  readonly #from: StatementSync
  readonly #ofTask: StatementSync
  readonly #bytesMax: number

  /** Segments are cut at `bytesMax`, so that no read takes much more than it was asked for. */
  constructor(database: DatabaseSync, bytesMax: number = limits.segmentBytesMax) {
    this.#bytesMax = bytesMax
    this.#insert = database.prepare('INSERT INTO segments VALUES (?, ?, ?, ?, ?)')
    // The segment that `after` lies in may reach beyond it.
    this.#from = database.prepare(
      `SELECT first, names, frames, id FROM segments JOIN tasks ON ref = task
       WHERE first >= coalesce((SELECT max(first) FROM segments WHERE first <= ?), 0) ORDER BY first`,
    )
    this.#ofTask = database.prepare(
      `SELECT first, names, frames FROM segments INDEXED BY segments_of_task
       WHERE task = ?1 AND first >= coalesce(
         (SELECT max(first) FROM segments INDEXED BY segments_of_task WHERE task = ?1 AND first <= ?2), 0)
       ORDER BY first`,
    )
  }

  /** Writes events whose sequences have no gap. `refOf` names a task by its row. */
  write(events: readonly StoredEvent[], refOf: (task: string) => number): Written {
    let segments = 0
    let bytes = 0
    for (let start = 0; start < events.length; segments++) {
      const run = runFrom(events, start, this.#bytesMax)
      const { seq = 0, task = '' } = events[start] ?? {}
      this.#insert.run(seq, run.end - start, refOf(task), run.names, framesOf(events, start, run))
      bytes += run.bytes
      start = run.end
    }
    return { segments, bytes }
  }

  /** Events after `after` in order, about `bytesMax` of them and at least one where there is one. */
  read(after: number, bytesMax: number): StoredEvent[] {
    return collected(this.#from.iterate(after + 1), after, bytesMax, undefined)
  }

  /** The same of one task, whose row is `ref`. */
  readTask(task: string, ref: number, after: number, bytesMax: number): StoredEvent[] {
    return collected(this.#ofTask.iterate(ref, after + 1), after, bytesMax, task)
  }
}

interface Run {
  readonly end: number
  readonly bytes: number
  readonly names: string
}

/** The longest run of one task from `start` that fits a segment. */
function runFrom(events: readonly StoredEvent[], start: number, bytesMax: number): Run {
  const task = events[start]?.task
  let bytes = 0
  let names = ''
  let name = ''
  let times = 0
  let end = start
  for (; end < events.length; end++) {
    const event = events[end]
    if (event === undefined || event.task !== task) break
    if (end > start && bytes + event.frame.length > bytesMax) break
    if (event.frame.at(-1) !== delimiter) throw new Error(`the frame of event ${event.seq} is not canonical`)
    bytes += event.frame.length
    if (event.name === name) times++
    else {
      names += saidNames(name, times)
      name = event.name
      times = 1
    }
  }
  return { end, bytes, names: names + saidNames(name, times) }
}

/** Names of events in a row are mostly the same one: `taskStarted,message*98,`. */
function saidNames(name: string, times: number): string {
  if (times === 0) return ''
  return times === 1 ? `${name},` : `${name}*${times},`
}

/** The names of a segment's events, in order: `most` of them, whatever a damaged file says. */
export function namesFrom(said: string, most: number): string[] {
  if (said.indexOf(',') === said.length - 1 && !said.includes('*')) return [said.slice(0, -1)]
  const names: string[] = []
  for (const part of said.split(',')) {
    if (part === '') continue
    const [name = '', times = '1'] = part.split('*')
    for (let count = Number(times); count > 0 && names.length < most; count--) names.push(name)
  }
  return names
}

/** Frames of one commit mostly lie one behind the other already: then nothing is copied. */
function framesOf(events: readonly StoredEvent[], start: number, run: Run): Uint8Array {
  const first = events[start]?.frame ?? Buffer.alloc(0)
  if (run.end === start + 1) return first
  let place = first.byteOffset
  for (let index = start; index < run.end; index++) {
    const frame = events[index]?.frame
    if (frame === undefined || frame.buffer !== first.buffer || frame.byteOffset !== place)
      return Buffer.concat(
        events.slice(start, run.end).map((event) => event.frame),
        run.bytes,
      )
    place += frame.length
  }
  return new Uint8Array(first.buffer, first.byteOffset, run.bytes)
}

function collected(
  rows: Iterable<Row>,
  after: number,
  bytesMax: number,
  task: string | undefined,
): StoredEvent[] {
  const events: StoredEvent[] = []
  let bytes = 0
  for (const row of rows) {
    const frames = bytesOf(row, 'frames')
    // Leaving the loop ends the statement: one that stays open would keep the log from being reused.
    if (events.length > 0 && bytes + frames.length > bytesMax) break
    const wanted = { after, bytesMax: events.length === 0 ? bytesMax : Infinity }
    const taken = takeEvents(row, frames, task ?? textOf(row, 'id'), wanted, events)
    bytes += taken.bytes
    if (!taken.whole || (events.length > 0 && bytes >= bytesMax)) break
  }
  return events
}

interface Wanted {
  readonly after: number
  readonly bytesMax: number
}

interface Taken {
  readonly bytes: number
  /** All that was wanted of the segment. */
  readonly whole: boolean
}

/** Adds a segment's events up to `bytesMax`, the first that is wanted in any case. */
function takeEvents(
  row: Row,
  frames: Buffer,
  task: string,
  { after, bytesMax }: Wanted,
  events: StoredEvent[],
): Taken {
  let [seq, start, bytes] = [integerOf(row, 'first'), 0, 0]
  for (const name of namesFrom(textOf(row, 'names'), frames.length)) {
    const end = frames.indexOf(delimiter, start) + 1
    if (end === 0) break
    if (seq > after) {
      if (bytes > 0 && bytes + end - start > bytesMax) return { bytes, whole: false }
      bytes += end - start
      events.push({ seq, task, name, frame: frames.subarray(start, end) })
    }
    start = end
    seq++
  }
  return { bytes, whole: true }
}
