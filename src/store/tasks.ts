/**
 * The tasks' records. What lists show is one JSON column; the request, the runner's memory and the machine's snapshot
 * have tables of their own and are overwritten with zeros when they are replaced or go, since they may hold secrets.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integerOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'
import { SettledCounts } from './settled-counts.ts'
import type { Prunable, TaskRecord } from './store.ts'
import type { Transactions } from './transaction.ts'

/** Where a task is in its stay here. `going`: its record is dropped, its events are being deleted. */
export const phases = { going: 0, settled: 1, live: 2 } as const

const unsettledStates: ReadonlySet<string> = new Set(['queued', 'starting', 'running', 'interactive'])

export class TaskRows {
  readonly #rowsKnown: number
  readonly #refs = new Map<string, number>()
  readonly #find: StatementSync
  readonly #insert: StatementSync
  readonly #revive: StatementSync
  readonly #update: StatementSync
  readonly #list: StatementSync
  readonly #live: StatementSync
  readonly #count: StatementSync
  readonly #settledBefore: StatementSync
  readonly #isSettledBefore: StatementSync
  /** Who writes or drops a record tells it before. */
  readonly settled: SettledCounts
  readonly #parts: Readonly<Record<PartName, Part>>

  /** `rowsKnown`: limits.taskRowsKnown. */
  constructor(database: DatabaseSync, transactions: Transactions, rowsKnown: number) {
    this.#rowsKnown = rowsKnown
    this.#find = database.prepare('SELECT ref, phase, listed FROM tasks WHERE id = ?')
    this.#insert = database.prepare('INSERT INTO tasks (id, phase, touched, listed) VALUES (?, ?, ?, ?)')
    this.#revive = database.prepare('UPDATE tasks SET phase = 2 WHERE ref = ?')
    this.#update = database.prepare('UPDATE tasks SET phase = ?, touched = ?, listed = ? WHERE ref = ?')
    this.#list = database.prepare('SELECT listed FROM tasks WHERE listed IS NOT NULL ORDER BY ref')
    this.#live = database.prepare(
      'SELECT ref, listed FROM tasks WHERE phase = 2 AND listed IS NOT NULL ORDER BY ref',
    )
    this.#count = database.prepare('SELECT count(*) AS count FROM tasks WHERE phase > 0')
    this.settled = new SettledCounts(database)
    const settled = `phase = 1 AND listed ->> '$.createdAt' < ?`
    this.#settledBefore = database.prepare(`SELECT id FROM tasks WHERE ${settled} ORDER BY ref`)
    this.#isSettledBefore = database.prepare(`SELECT ref FROM tasks WHERE ${settled} AND id = ?`)
    this.#parts = {
      request: new Part(database, transactions, 'requests'),
      runnerState: new Part(database, transactions, 'runner_states'),
      machine: new Part(database, transactions, 'machines'),
      undelivered: new Part(database, transactions, 'undelivered'),
    }
  }

  get count(): number {
    return integerOf(this.#count.get(), 'count')
  }

  /** The row of a task; made, without a record, where there is none. `touched` in the retention's time. */
  refOf(id: string, touched: number): number {
    const known = this.#refs.get(id)
    if (known !== undefined) return known
    const row = this.#find.get(id)
    if (row === undefined) return this.#new(id, phases.live, touched, null)
    const ref = integerOf(row, 'ref')
    // Its record was dropped; now it has events again.
    if (integerOf(row, 'phase') === phases.going) this.#revive.run(ref)
    this.#remember(id, ref)
    return ref
  }

  /** The row of a task that was written; undefined where there is none. */
  knownRef(id: string): number | undefined {
    const row = this.#find.get(id)
    return row === undefined ? undefined : integerOf(row, 'ref')
  }

  /** Forgets which rows it knows: some may be gone, or were rolled back. */
  forgetRefs(): void {
    this.#refs.clear()
    this.settled.forgetLive()
    for (const part of Object.values(this.#parts)) part.forgetAll()
  }

  /** What was written since is not there any more. */
  rolledBack(): void {
    this.forgetRefs()
    this.settled.forget()
  }

  save(record: TaskRecord, touched: number): void {
    const { request, runnerState, machine, undelivered, ...listed } = record
    const phase = unsettledStates.has(record.state) ? phases.live : phases.settled
    this.settled.saving(record.id, phase === phases.settled ? record.state : undefined)
    const ref = this.#saveRow(record.id, phase, touched, JSON.stringify(listed))
    const { request: requests, runnerState: states, machine: machines, undelivered: messages } = this.#parts
    requests.save(ref, request)
    states.save(ref, runnerState)
    machines.save(ref, machine)
    messages.save(ref, undelivered)
    // What has settled has mostly been written for the last time.
    if (phase === phases.settled) for (const part of Object.values(this.#parts)) part.forget(ref)
  }

  #saveRow(id: string, phase: number, touched: number, listed: string): number {
    const known = this.#refs.get(id) ?? this.knownRef(id)
    if (known === undefined) return this.#new(id, phase, touched, listed)
    this.#update.run(phase, touched, listed, known)
    this.#remember(id, known)
    return known
  }

  #new(id: string, phase: number, touched: number, listed: string | null): number {
    const ref = Number(this.#insert.run(id, phase, touched, listed).lastInsertRowid)
    this.#remember(id, ref)
    for (const part of Object.values(this.#parts)) part.isNew(ref)
    return ref
  }

  #remember(id: string, ref: number): void {
    if (this.#refs.size >= this.#rowsKnown) this.forgetRefs()
    this.#refs.set(id, ref)
  }

  /** Takes away what may hold secrets. */
  eraseParts(ref: number): void {
    for (const part of Object.values(this.#parts)) part.save(ref, undefined)
  }

  get(id: string): TaskRecord | undefined {
    const row = this.#find.get(id)
    return row === undefined || row['listed'] === null ? undefined : this.#whole(row)
  }

  list(): TaskRecord[] {
    return this.#list.all().map((row) => listedOf(row))
  }

  live(): TaskRecord[] {
    return this.#live.all().map((row) => this.#whole(row))
  }

  prunable({ before = Number.MAX_SAFE_INTEGER, ids, mayGo }: Prunable, count: number): string[] {
    const found: string[] = []
    for (const id of ids === undefined
      ? this.#allSettledBefore(before)
      : this.#ofSettledBefore(ids, before)) {
      if (mayGo?.(id) ?? true) found.push(id)
      if (found.length >= count) break
    }
    return found
  }

  *#allSettledBefore(before: number): Iterable<string> {
    for (const row of this.#settledBefore.iterate(before)) yield textOf(row, 'id')
  }

  *#ofSettledBefore(ids: readonly string[], before: number): Iterable<string> {
    for (const id of ids) if (this.#isSettledBefore.get(before, id) !== undefined) yield id
  }

  #whole(row: Row): TaskRecord {
    const ref = integerOf(row, 'ref')
    const parts: Partial<Record<PartName, unknown>> = {}
    for (const name of partNames) {
      const text = this.#parts[name].text(ref)
      if (text !== undefined) parts[name] = JSON.parse(text)
    }
    return Object.assign(listedOf(row), parts)
  }
}

function listedOf(row: Row): TaskRecord {
  return JSON.parse(textOf(row, 'listed'))
}

const partNames = ['request', 'runnerState', 'machine', 'undelivered'] as const
type PartName = (typeof partNames)[number]

/** One of the tables of what lists do not show and may hold secrets. */
class Part {
  readonly #transactions: Transactions
  readonly #get: StatementSync
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #delete: StatementSync
  /** What was saved last, of live tasks: the same value again needs neither encoding nor a look. */
  readonly #known = new Map<number, unknown>()

  constructor(database: DatabaseSync, transactions: Transactions, table: string) {
    this.#transactions = transactions
    this.#get = database.prepare(`SELECT value FROM ${table} WHERE ref = ?`)
    this.#insert = database.prepare(`INSERT INTO ${table} VALUES (?, ?)`)
    this.#update = database.prepare(`UPDATE ${table} SET value = ? WHERE ref = ?`)
    this.#delete = database.prepare(`DELETE FROM ${table} WHERE ref = ?`)
  }

  /** The row is new: there is none of it here. */
  isNew(ref: number): void {
    this.#known.set(ref, undefined)
  }

  forget(ref: number): void {
    this.#known.delete(ref)
  }

  forgetAll(): void {
    this.#known.clear()
  }

  text(ref: number): string | undefined {
    const row = this.#get.get(ref)
    return row === undefined ? undefined : textOf(row, 'value')
  }

  /** Undefined: it goes. What was there is overwritten, in the file and soon in the log. */
  save(ref: number, value: unknown): void {
    const known = this.#known.get(ref)
    const isKnown = known !== undefined || this.#known.has(ref)
    if (isKnown && known === value) return
    this.#write(ref, value, isKnown && known === undefined ? undefined : this.text(ref))
    this.#known.set(ref, value)
  }

  #write(ref: number, value: unknown, earlier: string | undefined): void {
    const text = value === undefined ? undefined : JSON.stringify(value)
    if (earlier === text) return
    if (earlier === undefined) {
      this.#insert.run(ref, text ?? '')
      return
    }
    this.#transactions.erase()
    if (text === undefined) this.#delete.run(ref)
    else this.#update.run(text, ref)
  }
}
