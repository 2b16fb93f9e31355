/**
 * Looks through a whole journal: SQLite's own check, the sequences, every frame and every record. It repairs nothing.
 * A daemon may go on writing meanwhile: what retention took away since is no fault.
 */
import { limits } from '../limits.ts'
import { bytesOf, integerOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'
import { outerReason } from './failure.ts'
import type { JournalReader } from './journal-reader.ts'
import { namesFrom } from './segments.ts'

export interface Verdict {
  readonly tasks: number
  readonly events: number
  /** Sentences, the first ones of many. Empty: it is sound. */
  readonly problems: readonly string[]
}

const segmentsAtOnce = 500
const delimiter = 0x0c

/** Called as the work goes on; `total` is about how many events there are. */
export type Progress = (done: number, total: number) => void

export function verifyJournal(reader: JournalReader, progress: Progress): Verdict {
  const problems: string[] = []
  const tell = (problem: string): void => {
    if (problems.length < limits.verifyProblemsMax) problems.push(problem)
  }
  let [tasks, events] = [0, 0]
  const steps = [
    () => checkFile(reader, tell),
    () => (tasks = checkTasks(reader, tell)),
    () => (events = new SequenceCheck(reader, tell, progress).run()),
  ]
  for (const step of steps) attempt(step, tell)
  return { tasks, events, problems }
}

/** Damage that stops one step does not stop the others. */
function attempt(step: () => unknown, tell: (problem: string) => void): void {
  try {
    step()
  } catch (error) {
    const why = outerReason(error) ?? (error instanceof Error ? error.message : String(error))
    tell(`it cannot be read to its end: ${why.replace(/: run `.*$/, '')}`)
  }
}

function checkFile({ database }: JournalReader, tell: (problem: string) => void): void {
  for (const row of database.prepare(`PRAGMA integrity_check(${limits.verifyProblemsMax})`).all()) {
    const said = textOf(row, 'integrity_check')
    if (said !== 'ok') tell(`SQLite says: ${said}`)
  }
}

function checkTasks({ database }: JournalReader, tell: (problem: string) => void): number {
  let count = 0
  const rows = database.prepare('SELECT ref, id, listed FROM tasks WHERE ref > ? ORDER BY ref LIMIT 500')
  for (let last = 0; ;) {
    const some = rows.all(last)
    if (some.length === 0) break
    for (const row of some) {
      last = integerOf(row, 'ref')
      if (row['listed'] === null) continue
      count++
      const id = field(textOf(row, 'listed'), 'id')
      if (id !== textOf(row, 'id')) tell(`the record of task ${JSON.stringify(row['id'])} cannot be read`)
    }
  }
  for (const table of ['requests', 'runner_states', 'machines', 'undelivered']) {
    const bad = database.prepare(`SELECT count(*) AS count FROM ${table} WHERE NOT json_valid(value)`).get()
    if (integerOf(bad, 'count') > 0) tell(`${integerOf(bad, 'count')} of ${table} cannot be read`)
  }
  return count
}

/** A field of a JSON text; undefined where it is none, or has no such field. */
function field(text: string, name: string): unknown {
  try {
    return valueIn(JSON.parse(text), name)
  } catch {
    return undefined
  }
}

function valueIn(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

class SequenceCheck {
  readonly #reader: JournalReader
  readonly #tell: (problem: string) => void
  readonly #progress: Progress
  readonly #holes: { readonly from: number; readonly to: number }[] = []
  #last = 0
  #events = 0

  constructor(reader: JournalReader, tell: (problem: string) => void, progress: Progress) {
    this.#reader = reader
    this.#tell = tell
    this.#progress = progress
  }

  /** Returns how many events there are. */
  run(): number {
    const { database } = this.#reader
    const total = this.#reader.info().events
    const rows = database.prepare(
      `SELECT first, count, names, frames, id FROM segments LEFT JOIN tasks ON ref = task
       WHERE first > ? ORDER BY first LIMIT ${segmentsAtOnce}`,
    )
    for (let first = 0; ;) {
      const some = rows.all(first)
      if (some.length === 0) break
      for (const row of some) this.#look(row)
      first = integerOf(some.at(-1), 'first')
      this.#progress(this.#events, total)
    }
    this.#sayHoles()
    return this.#events
  }

  #look(row: Row): void {
    const first = integerOf(row, 'first')
    const count = integerOf(row, 'count')
    if (first <= this.#last) this.#tell(`event ${first} is there twice`)
    else if (first > this.#last + 1 && this.#holes.length < limits.verifyProblemsMax)
      this.#holes.push({ from: this.#last + 1, to: first - 1 })
    this.#last = Math.max(this.#last, first + count - 1)
    this.#events += count
    if (row['id'] === null) this.#tell(`the task of event ${first} is not known`)
    const fault = framesFault(row, first, count)
    if (fault !== undefined) this.#tell(fault)
  }

  /** Only below `firstAvailable` events may be missing: retention took them. */
  #sayHoles(): void {
    const { firstAvailable, head } = this.#reader.info()
    for (const { from, to } of this.#holes)
      if (to >= firstAvailable) this.#tell(`events ${Math.max(from, firstAvailable)} to ${to} are missing`)
    if (this.#last < head && head >= firstAvailable)
      this.#tell(`events ${Math.max(this.#last + 1, firstAvailable)} to ${head} are missing`)
  }
}

function framesFault(row: Row, first: number, count: number): string | undefined {
  const frames = bytesOf(row, 'frames')
  const names = namesFrom(textOf(row, 'names'), frames.length)
  let start = 0
  for (let index = 0; index < count; index++) {
    const end = frames.indexOf(delimiter, start)
    if (end < 0) return `the events from ${first + index} to ${first + count - 1} are cut off`
    const text = frames.toString('utf8', start, end)
    const event = field(text, 'data')
    if (
      valueIn(event, 'seq') !== first + index ||
      valueIn(event, 'task') !== row['id'] ||
      names[index] === undefined
    )
      return `event ${first + index} cannot be read`
    start = end + 1
  }
  return start === frames.length ? undefined : `there is more than event ${first + count - 1} in its place`
}
