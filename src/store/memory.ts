/**
 * The store that keeps nothing of events: the journal's hot tail is the journal. Task records are bounded in number
 * and bytes; the oldest settled one is forgotten first. Everything is gone when the daemon ends.
 */
import { randomBytes } from 'node:crypto'
import { limits } from '../limits.ts'
import type { TaskState } from '../wire/commands.ts'
import { Blocks } from './blocks.ts'
import type { Kept } from './blocks.ts'
import type { Commit, Prunable, Store, StoredEvent, StoreUse, TaskRecord } from './store.ts'

export interface MemoryStoreOptions {
  readonly tasksKeptMax?: number
  readonly tasksKeptBytesMax?: number
}

/** Makes a store whose content lives as long as the process. */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  return new MemoryStore(
    options.tasksKeptMax ?? limits.tasksKeptMax,
    options.tasksKeptBytesMax ?? limits.tasksKeptBytesMax,
  )
}

interface KeptRecord {
  readonly state: TaskState
  readonly createdAt: number
  /** As JSON, without its request: a long prompt is not to be read for a list. */
  readonly record: Kept
  readonly request: Kept | undefined
}

const unsettledStates: ReadonlySet<string> = new Set(['queued', 'starting', 'running', 'interactive'])

/** What a record takes besides its blocks. */
const recordOverheadBytes = 300

class MemoryStore implements Store {
  readonly durability = 'memory'
  readonly journalId = randomBytes(8).toString('hex')
  readonly startNumber = 1
  head = 0
  readonly #countMax: number
  readonly #bytesMax: number
  readonly #kept = new Map<string, KeptRecord>()
  readonly #blocks = new Blocks()
  /** Goes on where it stopped: one begun anew would step over all that has been deleted before the oldest. */
  #oldest: MapIterator<string> | undefined

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax
    this.#bytesMax = bytesMax
  }

  lastOfStart(startNumber: number): number | undefined {
    return startNumber === this.startNumber ? this.head : undefined
  }

  /** Sessions and answers live in the broker's memory as long as this store: it keeps none. */
  commit({ events, tasks, forgottenTasks }: Commit): void {
    this.head = events?.at(-1)?.seq ?? this.head
    tasks?.forEach((record) => this.#save(record))
    forgottenTasks?.forEach((id) => this.#forget(id))
  }

  probe(): void {}

  read(): readonly StoredEvent[] {
    return []
  }

  readTask(): readonly StoredEvent[] {
    return []
  }

  firstAvailable(): number {
    return this.head + 1
  }

  use(): StoreUse {
    return { bytes: this.#bytes(), events: 0, tasks: this.#kept.size }
  }

  /** What runs lives in the daemon's memory, with its request: here it would be there twice. */
  #save(record: TaskRecord): void {
    this.#forget(record.id)
    if (unsettledStates.has(record.state)) return
    const { id, state, createdAt, request } = record
    this.#kept.set(id, {
      state,
      createdAt,
      record: this.#keep(request === undefined ? record : withoutRequest(record)),
      request: request === undefined ? undefined : this.#keep(request),
    })
    this.#forgetOldest(id)
  }

  #keep(value: object): Kept {
    return this.#blocks.keep(JSON.stringify(value))
  }

  #bytes(): number {
    return this.#blocks.bytes + this.#kept.size * recordOverheadBytes
  }

  task(id: string): TaskRecord | undefined {
    const kept = this.#kept.get(id)
    if (kept?.request === undefined) return kept && this.#record(kept)
    return { ...this.#record(kept), request: JSON.parse(this.#blocks.read(kept.request)) }
  }

  tasks(): readonly TaskRecord[] {
    return Array.from(this.#kept.values(), (kept) => this.#record(kept))
  }

  #record({ record }: KeptRecord): TaskRecord {
    return JSON.parse(this.#blocks.read(record))
  }

  settledCounts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { state } of this.#kept.values()) counts[state] = (counts[state] ?? 0) + 1
    return counts
  }

  prunable({ before = Infinity, ids, mayGo }: Prunable, count: number): readonly string[] {
    const found: string[] = []
    for (const id of ids ?? this.#kept.keys()) {
      if (found.length === count) break
      const kept = this.#kept.get(id)
      if (kept === undefined || kept.createdAt >= before) continue
      if (mayGo?.(id) ?? true) found.push(id)
    }
    return found
  }

  unsettled(): readonly TaskRecord[] {
    return []
  }

  sessions(): readonly never[] {
    return []
  }

  answer(): undefined {}

  close(): void {
    this.#kept.clear()
  }

  #forget(id: string): void {
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    this.#kept.delete(id)
    this.#blocks.forget(kept.record)
    if (kept.request !== undefined) this.#blocks.forget(kept.request)
  }

  #forgetOldest(newest: string): void {
    while (this.#kept.size > this.#countMax || this.#bytes() > this.#bytesMax) {
      this.#oldest ??= this.#kept.keys()
      const { value, done } = this.#oldest.next()
      if (done === true || value === newest) {
        this.#oldest = undefined
        return
      }
      this.#forget(value)
    }
  }
}

function withoutRequest({ request: _, ...rest }: TaskRecord): TaskRecord {
  return rest
}
