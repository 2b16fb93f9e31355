/**
 * The tasks' records. What lists show is one JSON column; the request, the runner's memory and the machine's snapshot
 * have tables of their own and are overwritten with zeros when they are replaced or go, since they may hold secrets.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { integerOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'
import type { TaskRecord } from './store.ts'
import type { Transactions } from './transaction.ts'

/** Where a task is in its stay here. `going`: its record is dropped, its events are being deleted. */
export const phases = { going: 0, settled: 1, live: 2 } as const

const unsettledStates: ReadonlySet<string> = new Set(['queued', 'starting', 'running', 'interactive'])

/** Tasks whose row is known without asking. Past it all are forgotten and asked for again. */
const refsKnownMax = 4_096

export class TaskRows {
  readonly #refs = new Map<string, number>()
  readonly #find: StatementSync
  readonly #name: StatementSync
  readonly #revive: StatementSync
  readonly #save: StatementSync
  readonly #list: StatementSync
  readonly #live: StatementSync
  readonly #count: StatementSync
  readonly #request: Part
  readonly #runnerState: Part
  readonly #machine: Part

  constructor(database: DatabaseSync, transactions: Transactions) {
    this.#find = database.prepare('SELECT ref, phase, listed FROM tasks WHERE id = ?')
    this.#name = database.prepare('INSERT INTO tasks (id, phase, touched) VALUES (?, 2, ?) RETURNING ref')
    this.#revive = database.prepare('UPDATE tasks SET phase = 2 WHERE ref = ?')
    this.#save = database.prepare(
      `INSERT INTO tasks (id, phase, touched, listed) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, touched = excluded.touched, listed = excluded.listed
       RETURNING ref`,
    )
    this.#list = database.prepare('SELECT listed FROM tasks WHERE listed IS NOT NULL ORDER BY ref')
    this.#live = database.prepare(
      'SELECT ref, listed FROM tasks WHERE phase = 2 AND listed IS NOT NULL ORDER BY ref',
    )
    this.#count = database.prepare('SELECT count(*) AS count FROM tasks WHERE phase > 0')
    this.#request = new Part(database, transactions, 'requests')
    this.#runnerState = new Part(database, transactions, 'runner_states')
    this.#machine = new Part(database, transactions, 'machines')
  }

  get count(): number {
    return integerOf(this.#count.get(), 'count')
  }

  /** The row of a task; made, without a record, where there is none. `touched` in the retention's time. */
  refOf(id: string, touched: number): number {
    const known = this.#refs.get(id)
    if (known !== undefined) return known
    const row = this.#find.get(id)
    const ref = integerOf(row ?? this.#name.get(id, touched), 'ref')
    // Its record was dropped; now it has events again.
    if (row !== undefined && integerOf(row, 'phase') === phases.going) this.#revive.run(ref)
    if (this.#refs.size >= refsKnownMax) this.#refs.clear()
    this.#refs.set(id, ref)
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
  }

  save(record: TaskRecord, touched: number): void {
    const { request, runnerState, machine, ...listed } = record
    const phase = unsettledStates.has(record.state) ? phases.live : phases.settled
    const ref = integerOf(this.#save.get(record.id, phase, touched, JSON.stringify(listed)), 'ref')
    this.#request.save(ref, request)
    this.#runnerState.save(ref, runnerState)
    this.#machine.save(ref, machine)
  }

  /** Takes away what may hold secrets. */
  eraseParts(ref: number): void {
    for (const part of [this.#request, this.#runnerState, this.#machine]) part.save(ref, undefined)
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

  #whole(row: Row): TaskRecord {
    const ref = integerOf(row, 'ref')
    const [request, runnerState, machine] = [
      this.#request.text(ref),
      this.#runnerState.text(ref),
      this.#machine.text(ref),
    ]
    return {
      ...listedOf(row),
      ...(request === undefined ? {} : { request: JSON.parse(request) }),
      ...(runnerState === undefined ? {} : { runnerState: JSON.parse(runnerState) }),
      ...(machine === undefined ? {} : { machine: JSON.parse(machine) }),
    }
  }
}

function listedOf(row: Row): TaskRecord {
  return JSON.parse(textOf(row, 'listed'))
}

/** One of the tables of what may hold secrets. */
class Part {
  readonly #transactions: Transactions
  readonly #get: StatementSync
  readonly #insert: StatementSync
  readonly #update: StatementSync
  readonly #delete: StatementSync

  constructor(database: DatabaseSync, transactions: Transactions, table: string) {
    this.#transactions = transactions
    this.#get = database.prepare(`SELECT value FROM ${table} WHERE ref = ?`)
    this.#insert = database.prepare(`INSERT INTO ${table} VALUES (?, ?)`)
    this.#update = database.prepare(`UPDATE ${table} SET value = ? WHERE ref = ?`)
    this.#delete = database.prepare(`DELETE FROM ${table} WHERE ref = ?`)
  }

  text(ref: number): string | undefined {
    const row = this.#get.get(ref)
    return row === undefined ? undefined : textOf(row, 'value')
  }

  /** Undefined: it goes. What was there is overwritten, in the file and soon in the log. */
  save(ref: number, value: unknown): void {
    const earlier = this.text(ref)
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
