/** What tests of the store put into it: events as the journal encodes them, and tasks' records. */
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { SqliteStore, SqliteStoreOptions } from '../../src/store/sqlite-store.ts'
import type { StoredEvent, TaskRecord } from '../../src/store/store.ts'
import { nodeIpc } from '../../src/wire/framing/node-ipc.ts'

export function record(id: string, more: Partial<TaskRecord> = {}): TaskRecord {
  const rest = { text: '', createdAt: 1, resumable: true, startedBy: 'c', lastTs: 1, runs: 1 }
  return { id, state: 'completed', ...rest, ...more }
}

/** One event; `text` makes it as long as is wanted. */
export function stored(seq: number, task = 'a', text = 'said'): StoredEvent {
  const message = { taskId: task, action: 'created', message: { ts: seq, type: 'say', say: 'text', text } }
  const data = { eventName: 'message', payload: [message] }
  const whole = { type: 'TaskEvent', origin: 'server', seq, task, at: 1_700_000_000_000 + seq, data }
  return { seq, task, name: 'message', frame: Buffer.from(nodeIpc.wrap(JSON.stringify(whole))) }
}

/** `count` events after `after`, of one task or of each in turn. */
export function storedMany(after: number, count: number, tasks: readonly string[] = ['a']): StoredEvent[] {
  return Array.from({ length: count }, (_, index) =>
    stored(after + index + 1, tasks[index % tasks.length] ?? 'a'),
  )
}

/** Opens a store on disk; throws what it was refused with. */
export function openStore(directory: string, more: Partial<SqliteStoreOptions> = {}): SqliteStore {
  const outcome = openSqliteStore({ directory, durability: 'normal', now: Date.now, ...more })
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.store
}

export function seqsOf(events: readonly StoredEvent[]): number[] {
  return events.map(({ seq }) => seq)
}

/** Every event that `read` gives after `after`, in pieces of `bytesMax`. */
export function readAll(store: SqliteStore, after = 0, bytesMax = 64 * 1024): StoredEvent[] {
  const events: StoredEvent[] = []
  for (let last = after; ;) {
    const piece = store.read(last, bytesMax)
    if (piece.length === 0) return events
    events.push(...piece)
    last = piece.at(-1)?.seq ?? last
  }
}
