/**
 * The store that keeps nothing of events: the journal's hot tail is the journal. Task records are bounded in number
 * and bytes; the oldest settled one is forgotten first. Everything is gone when the daemon ends.
 */
import { randomBytes } from 'node:crypto'
import { limits } from '../limits.ts'
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
  readonly record: TaskRecord
  /** The request as bytes: a long prompt as a string of the heap would outlive many collections. */
  readonly request: Buffer | undefined
  readonly bytes: number
}

const unsettledStates: ReadonlySet<string> = new Set(['queued', 'starting', 'running', 'interactive'])

/** What a record takes besides its text and request. */
const recordOverheadBytes = 500

class MemoryStore implements Store {
  readonly durability = 'memory'
  readonly journalId = randomBytes(8).toString('hex')
  readonly startNumber = 1
  head = 0
  readonly #countMax: number
  readonly #bytesMax: number
  readonly #kept = new Map<string, KeptRecord>()
  /** Goes on where it stopped: one begun anew would step over all that has been deleted before the oldest. */
  #oldest: MapIterator<string> | undefined
  #bytes = 0

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
    return { bytes: this.#bytes, events: 0, tasks: this.#kept.size }
  }

  /** What runs lives in the daemon's memory, with its request: here it would be there twice. */
  #save(record: TaskRecord): void {
    this.#forget(record.id)
    if (unsettledStates.has(record.state)) return
    const { request, lastMessage, undelivered } = record
    const encoded = request === undefined ? undefined : Buffer.from(JSON.stringify(request))
    const last = lastMessage?.text ?? ''
    const waiting = undelivered === undefined ? 0 : JSON.stringify(undelivered).length
    const bytes =
      recordOverheadBytes + (record.text.length + last.length + waiting) * 2 + (encoded?.length ?? 0)
    this.#kept.set(record.id, { record: ownRecord(record), request: encoded, bytes })
    this.#bytes += bytes
    this.#forgetOldest(record.id)
  }

  task(id: string): TaskRecord | undefined {
    const kept = this.#kept.get(id)
    if (kept?.request === undefined) return kept?.record
    return { ...kept.record, request: JSON.parse(kept.request.toString()) }
  }

  tasks(): readonly TaskRecord[] {
    return Array.from(this.#kept.values(), (kept) => kept.record)
  }

  settledCounts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { record } of this.#kept.values()) counts[record.state] = (counts[record.state] ?? 0) + 1
    return counts
  }

  prunable({ before = Infinity, ids, mayGo }: Prunable, count: number): readonly string[] {
    const found: string[] = []
    for (const id of ids ?? this.#kept.keys()) {
      if (found.length === count) break
      const kept = this.#kept.get(id)
      if (kept === undefined || kept.record.createdAt >= before) continue
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
    this.#bytes = 0
  }

  #forget(id: string): void {
    const kept = this.#kept.get(id)
    if (kept === undefined) return
    this.#kept.delete(id)
    this.#bytes -= kept.bytes
  }

  #forgetOldest(newest: string): void {
    while (this.#kept.size > this.#countMax || this.#bytes > this.#bytesMax) {
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

/** Without its request, which is kept encoded. */
function ownRecord({ request: _, ...record }: TaskRecord): TaskRecord {
  const { lastMessage } = record
  if (lastMessage?.text === undefined || lastMessage.text === '') return record
  return { ...record, lastMessage: { ...lastMessage, text: ownText(lastMessage.text) } }
}

/** A line of what a run wrote is cut from all it wrote at once, and keeps that in memory: a copy does not. */
function ownText(text: string): string {
  return Buffer.from(text).toString()
}
