/**
 * What is oldest of settled tasks goes, past an age, a number or the journal's bytes, in chunks that the event loop does
 * not feel. A task goes as a whole: first its record, with what may hold secrets, then its events. The trap: older
 * events of tasks that stay lie between; so `firstAvailable` rises above the last event of what goes, and what lies
 * below is read by task alone.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Limits } from '../limits.ts'
import { integerOf } from './columns.ts'
import type { Row } from './columns.ts'
import type { TaskRows } from './tasks.ts'

export type RetentionLimits = Pick<
  Limits,
  'retentionAgeMs' | 'retentionBytesMax' | 'retentionTasksMax' | 'retentionChunkMs' | 'retentionPiecesAtOnce'
>

/** What one chunk took away. */
export interface Dropped {
  readonly events: number
  /** Sequence of the last event of what goes; 0 where no task was begun. */
  readonly through: number
  /** There is more to do. */
  readonly more: boolean
}

export class Retention {
  readonly #limits: RetentionLimits
  readonly #tasks: TaskRows
  readonly #bytes: () => number
  readonly #going: StatementSync
  readonly #oldest: StatementSync
  readonly #settled: StatementSync
  readonly #begin: StatementSync
  readonly #last: StatementSync
  readonly #segments: StatementSync
  readonly #delete: StatementSync
  readonly #end: StatementSync
  readonly #isSettled: StatementSync

  /** `bytes`: what the journal takes now. */
  constructor(database: DatabaseSync, tasks: TaskRows, limits: RetentionLimits, bytes: () => number) {
    this.#limits = limits
    this.#tasks = tasks
    this.#bytes = bytes
    this.#going = database.prepare('SELECT ref FROM tasks WHERE phase = 0 ORDER BY ref LIMIT 1')
    this.#oldest = database.prepare(
      'SELECT ref, touched FROM tasks WHERE phase = 1 ORDER BY touched, ref LIMIT 1',
    )
    this.#settled = database.prepare('SELECT count(*) AS count FROM tasks WHERE phase = 1')
    this.#begin = database.prepare('UPDATE tasks SET phase = 0, listed = NULL WHERE ref = ?')
    this.#last = database.prepare(
      `SELECT first + count - 1 AS last FROM segments INDEXED BY segments_of_task
       WHERE task = ? ORDER BY first DESC LIMIT 1`,
    )
    this.#segments = database.prepare(
      `SELECT first, count FROM segments INDEXED BY segments_of_task WHERE task = ? ORDER BY first LIMIT ?`,
    )
    this.#delete = database.prepare('DELETE FROM segments WHERE first = ?')
    this.#isSettled = database.prepare('SELECT ref FROM tasks WHERE ref = ? AND phase = 1')
    this.#end = database.prepare('DELETE FROM tasks WHERE ref = ?')
  }

  /** Whether something is to go. `time` is the retention clock's. */
  due(time: number): boolean {
    return this.#going.get() !== undefined || this.#isPast(time, this.#oldest.get())
  }

  /** One chunk, in a transaction of the caller's: about half of the chunk's time is left for its commit. */
  chunk(time: number): Dropped {
    const deadline = performance.now() + this.#limits.retentionChunkMs / 2
    let [events, through] = [0, 0]
    for (;;) {
      const going = this.#going.get()
      if (going !== undefined) {
        const gone = this.#deleteSome(integerOf(going, 'ref'), deadline)
        events += gone
      } else {
        const oldest = this.#oldest.get()
        if (!this.#isPast(time, oldest)) return { events, through, more: false }
        through = Math.max(through, this.#letGo(integerOf(oldest, 'ref')))
      }
      if (performance.now() >= deadline) return { events, through, more: true }
    }
  }

  #isPast(time: number, oldest: Row | undefined): boolean {
    if (oldest === undefined) return false
    const { retentionAgeMs, retentionBytesMax, retentionTasksMax } = this.#limits
    if (integerOf(oldest, 'touched') < time - retentionAgeMs) return true
    if (this.#bytes() > retentionBytesMax) return true
    return integerOf(this.#settled.get(), 'count') > retentionTasksMax
  }

  /** Lets a settled task go before its time: what it said is deleted by the next chunks. Returns its last event. */
  forget(id: string): number {
    const ref = this.#tasks.knownRef(id)
    return ref === undefined || this.#isSettled.get(ref) === undefined ? 0 : this.#letGo(ref)
  }

  #letGo(ref: number): number {
    this.#tasks.settled.leaving(ref)
    this.#begin.run(ref)
    return integerOf(this.#last.get(ref), 'last')
  }

  /** Deletes segments of a task until `deadline`; its row with the last of them. Returns how many events went. */
  #deleteSome(ref: number, deadline: number): number {
    const atOnce = this.#limits.retentionPiecesAtOnce
    let events = 0
    this.#tasks.eraseParts(ref)
    for (;;) {
      const rows = this.#segments.all(ref, atOnce)
      for (const row of rows) {
        this.#delete.run(integerOf(row, 'first'))
        events += integerOf(row, 'count')
        if (performance.now() >= deadline) return events
      }
      if (rows.length < atOnce) break
    }
    this.#end.run(ref)
    return events
  }
}
