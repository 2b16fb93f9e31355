/** What the store does at each of its bounds, and one past it. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Outage } from '../../src/actors/outage.ts'
import { Checkpoints } from '../../src/store/checkpoints.ts'
import type { SqliteStore } from '../../src/store/sqlite-store.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, record, seqsOf, stored, storedMany } from './sample-store.ts'

const scratch = scratchDirectory()
const newHome = (): string => mkdtempSync(join(scratch, 'home-'))
const idsOf = (store: SqliteStore): string[] => store.tasks().map(({ id }) => id)

// bound: retentionTasksMax
test('settled tasks are kept up to their number, and one more sends the oldest away', () => {
  const store = openStore(newHome(), { limits: { retentionTasksMax: 2 } })
  store.commit({ tasks: [record('a'), record('b')] })
  store.maintain()
  expect(idsOf(store)).toEqual(['a', 'b'])
  store.commit({ tasks: [record('c')] })
  store.maintain()
  expect(idsOf(store)).toEqual(['b', 'c'])
  store.close()
})

// bound: retentionAgeMs
test('a settled task is kept at its age, and goes a millisecond past it', () => {
  let now = Date.UTC(2026, 0, 1)
  const store = openStore(newHome(), { limits: { retentionAgeMs: 3_600_000 }, now: () => now })
  store.commit({ tasks: [record('a')] })
  now += 3_600_000
  store.maintain()
  expect(idsOf(store)).toEqual(['a'])
  now += 1
  store.maintain()
  expect(idsOf(store)).toEqual([])
  store.close()
})

// bound: retentionBytesMax
test('a journal of just its bytes is kept, and one byte fewer allowed sends the oldest task away', () => {
  const home = newHome()
  const filled = openStore(home)
  for (const id of ['a', 'b']) filled.commit({ tasks: [record(id)], events: [stored(filled.head + 1, id)] })
  filled.close()
  const opened = openStore(home)
  const { bytes } = opened.use()
  opened.close()
  const at = openStore(home, { limits: { retentionBytesMax: bytes } })
  at.maintain()
  expect([at.use().bytes, idsOf(at)]).toEqual([bytes, ['a', 'b']])
  at.close()
  const past = openStore(home, { limits: { retentionBytesMax: bytes - 1 } })
  past.maintain()
  expect(idsOf(past)).not.toContain('a')
  past.close()
})

// bound: retentionChunkMs
test('a chunk of retention ends at its time: with none one event goes, with plenty all', () => {
  const left = (retentionChunkMs: number): number => {
    const store = openStore(newHome(), { limits: { retentionTasksMax: 0, retentionChunkMs } })
    for (let seq = 1; seq <= 50; seq++) store.commit({ events: storedMany(seq - 1, 1) })
    store.commit({ events: [stored(51, 'other')] })
    store.commit({ events: [stored(52)], tasks: [record('a')] })
    const more = store.maintain()
    const { events } = store.use()
    expect(more).toBe(retentionChunkMs === 0)
    store.close()
    return events
  }
  expect(left(60_000)).toBe(1)
  expect(left(0)).toBeGreaterThan(1)
})

// bound: retentionEveryMs
test('retention looks when its time has passed, not before', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const store = openStore(newHome(), { limits: { retentionTasksMax: 1, retentionEveryMs: 1_000 } })
  store.commit({ tasks: [record('a'), record('b')] })
  vi.advanceTimersByTime(999)
  expect(idsOf(store)).toEqual(['a', 'b'])
  vi.advanceTimersByTime(1)
  expect(idsOf(store)).toEqual(['b'])
  store.close()
})

const waits = { walErasedMs: 1e9, walWaitMs: 200 }

interface Logged {
  readonly database: DatabaseSync
  readonly path: string
}

/** A database whose write-ahead log holds something. */
function logged(): Logged {
  const path = join(newHome(), 'a.sqlite')
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t (x)')
  database.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(100_000))
  return { database, path }
}

// bound: walCheckpointBytes
test('a checkpoint is due when the log grew by its bytes, not a byte before', () => {
  const { database, path } = logged()
  const limits = { ...waits, walCheckpointBytes: 1_000, walBytesMax: 1e9 }
  const checkpoints = new Checkpoints(database, { path, limits, log: undefined })
  expect([checkpoints.grew(999, 0), checkpoints.grew(1, 0)]).toEqual([false, true])
  checkpoints.close()
  database.close()
})

// bound: walBytesMax
test('a log of just its bytes is left to the thread, and one byte past them is emptied at once', () => {
  for (const past of [0, 1]) {
    const { database, path } = logged()
    const sized = new Checkpoints(database, {
      path,
      limits: { ...waits, walCheckpointBytes: 1, walBytesMax: 1e9 },
      log: undefined,
    })
    const size = sized.walBytes
    const limits = { ...waits, walCheckpointBytes: 1, walBytesMax: size - past }
    const checkpoints = new Checkpoints(database, { path, limits, log: undefined })
    checkpoints.start()
    expect(checkpoints.grew(1, 0)).toBe(false)
    expect(checkpoints.walBytes).toBe(past === 0 ? size : 0)
    checkpoints.close()
    database.close()
  }
})

// bound: storeRetryMs
test('a store that could not commit is tried again after its time, not before', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const probe = vi.fn<() => void>()
  const over = vi.fn<() => void>()
  const quiet = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  }
  const log = { ...quiet, child: () => log }
  const outage = new Outage({ probe, over, retryMs: 500, log })
  outage.note(new Error('the disk is full'))
  vi.advanceTimersByTime(499)
  expect([probe.mock.calls.length, outage.reason]).toEqual([0, 'the disk is full'])
  vi.advanceTimersByTime(1)
  expect([probe.mock.calls.length, over.mock.calls.length, outage.reason]).toEqual([1, 1, undefined])
})

// bound: storeReadBytes
test('one read gives events up to its bytes, and one byte fewer gives one event less', () => {
  const store = openStore(newHome())
  const events = storedMany(0, 3, ['a', 'b'])
  store.commit({ events })
  const bytes = events.slice(0, 2).reduce((sum, { frame }) => sum + frame.length, 0)
  expect(seqsOf(store.read(0, bytes))).toEqual([1, 2])
  expect(seqsOf(store.read(0, bytes - 1))).toEqual([1])
  expect(seqsOf(store.read(0, 1))).toEqual([1])
  store.close()
})

// bound: segmentBytesMax
test('events of a task are one piece up to its bytes; the one past them begins another', () => {
  const events = storedMany(0, 3)
  const bytes = events.reduce((sum, { frame }) => sum + frame.length, 0)
  const pieces = (segmentBytesMax: number): number => {
    const home = newHome()
    const store = openStore(home, { limits: { segmentBytesMax } })
    store.commit({ events })
    expect(seqsOf(store.read(0, 1e6))).toEqual([1, 2, 3])
    store.close()
    const database = new DatabaseSync(join(home, 'journal.sqlite'))
    const count = Number(database.prepare('SELECT count(*) AS count FROM segments').get()?.['count'])
    database.close()
    return count
  }
  expect([pieces(bytes), pieces(bytes - 1)]).toEqual([1, 2])
})

// bound: startsKeptMax
test('the starts before are known up to their number, and the one before those is not', () => {
  const home = newHome()
  for (let start = 1; start <= 3; start++) openStore(home, { limits: { startsKeptMax: 3 } }).close()
  const fourth = openStore(home, { limits: { startsKeptMax: 3 } })
  expect([1, 2, 3].map((start) => fourth.lastOfStart(start))).toEqual([undefined, 0, 0])
  fourth.close()
})

// bound: walWaitMs
test('a commit waits for the thread where the log is past its bytes, no longer than it may', () => {
  const waited = vi.spyOn(Atomics, 'wait')
  onTestFinished(() => waited.mockRestore())
  const outcome = (walWaitMs: number): unknown => {
    const { database, path } = logged()
    // A reader in the log: it cannot be emptied at once.
    const reader = new DatabaseSync(path, { readOnly: true })
    reader.exec('BEGIN; SELECT count(*) FROM t')
    const limits = { ...waits, walCheckpointBytes: 1, walBytesMax: 0, walWaitMs }
    const checkpoints = new Checkpoints(database, { path, limits, log: undefined })
    checkpoints.start()
    expect(checkpoints.grew(1, 0)).toBe(false)
    reader.close()
    checkpoints.close()
    database.close()
    return waited.mock.results.at(-1)?.value
  }
  expect(outcome(0)).toBe('timed-out')
  expect(['ok', 'not-equal']).toContain(outcome(60_000))
})

// bound: walErasedMs
test.each([
  ['leaves the log where it has been there for as long as it may', 0],
  ['stays in it until then', 1e9],
])('what was erased under load %s', async (_, walErasedMs) => {
  const flagged = vi.spyOn(Atomics, 'store')
  onTestFinished(() => flagged.mockRestore())
  const { database, path } = logged()
  const limits = { ...waits, walCheckpointBytes: 1e9, walBytesMax: 1e9, walErasedMs }
  const checkpoints = new Checkpoints(database, { path, limits, log: undefined })
  checkpoints.start(true)
  // Something is written while the thread works.
  checkpoints.grew(1, 0)
  await vi.waitFor(() => expect(flagged).toHaveBeenCalledWith(expect.anything(), 0, 0))
  expect(checkpoints.walBytes === 0).toBe(walErasedMs === 0)
  checkpoints.close()
  database.close()
})
