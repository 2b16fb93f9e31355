/**
 * Native sessions and the answers they were given. The broker says which sessions are forgotten; answers are bounded
 * here, by their age and their bytes, the oldest going first.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { bytesOf, integerOf, textOf } from './columns.ts'
import type { AnswerRecord, SessionRecord } from './store.ts'

/** What an answer's row takes besides its frame. */
const answerOverheadBytes = 200

export class SessionRows {
  readonly #save: StatementSync
  readonly #forget: StatementSync
  readonly #bytesOf: StatementSync
  readonly #forgetAnswers: StatementSync
  readonly #list: StatementSync
  readonly #give: StatementSync
  readonly #answer: StatementSync
  readonly #oldest: StatementSync
  readonly #drop: StatementSync
  #answerBytes: number

  constructor(database: DatabaseSync) {
    this.#save = database.prepare(
      `INSERT INTO sessions VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET touched = excluded.touched, record = excluded.record`,
    )
    this.#forget = database.prepare('DELETE FROM sessions WHERE id = ?')
    const bytes = `sum(length(frame) + ${answerOverheadBytes}) AS bytes`
    this.#bytesOf = database.prepare(`SELECT ${bytes} FROM answers WHERE session = ?`)
    this.#answerBytes = integerOf(database.prepare(`SELECT ${bytes} FROM answers`).get(), 'bytes')
    this.#forgetAnswers = database.prepare('DELETE FROM answers WHERE session = ?')
    this.#list = database.prepare('SELECT record FROM sessions ORDER BY touched, id')
    this.#give = database.prepare(
      `INSERT INTO answers (session, request, digest, at, touched, frame) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (session, request) DO UPDATE
       SET digest = excluded.digest, at = excluded.at, touched = excluded.touched, frame = excluded.frame`,
    )
    this.#answer = database.prepare('SELECT digest, at, frame FROM answers WHERE session = ? AND request = ?')
    this.#oldest = database.prepare(
      `SELECT number, touched, length(frame) + ${answerOverheadBytes} AS bytes FROM answers ORDER BY number LIMIT ?`,
    )
    this.#drop = database.prepare('DELETE FROM answers WHERE number <= ?')
  }

  save(record: SessionRecord, touched: number): void {
    this.#save.run(record.id, touched, JSON.stringify(record))
  }

  /** Bytes that answers take: at least, where a transaction was rolled back. */
  get answerBytes(): number {
    return this.#answerBytes
  }

  forget(id: string): void {
    this.#forget.run(id)
    this.#answerBytes -= integerOf(this.#bytesOf.get(id), 'bytes')
    this.#forgetAnswers.run(id)
  }

  list(): SessionRecord[] {
    return this.#list.all().map((row): SessionRecord => JSON.parse(textOf(row, 'record')))
  }

  give({ sessionId, requestId, digest, at, frame }: AnswerRecord, touched: number): void {
    this.#give.run(sessionId, requestId, digest, at, touched, frame)
    this.#answerBytes += frame.length + answerOverheadBytes
  }

  answer(sessionId: string, requestId: string): AnswerRecord | undefined {
    const row = this.#answer.get(sessionId, requestId)
    if (row === undefined) return undefined
    const [digest, at, frame] = [textOf(row, 'digest'), integerOf(row, 'at'), bytesOf(row, 'frame')]
    return { sessionId, requestId, digest, at, frame }
  }

  /** Of the `countMax` oldest answers forgets those touched before `before`, and others down to `bytesMax`. */
  forgetAnswers(before: number, bytesMax: number, countMax: number): boolean {
    let last: number | undefined
    const oldest = this.#oldest.all(countMax)
    for (const row of oldest) {
      if (integerOf(row, 'touched') >= before && this.#answerBytes <= bytesMax) break
      this.#answerBytes -= integerOf(row, 'bytes')
      last = integerOf(row, 'number')
    }
    if (oldest.length === 0) this.#answerBytes = 0
    if (last !== undefined) this.#drop.run(last)
    return last !== undefined
  }
}
