/** What the store lets go by itself, what it never does, and what a reader is told. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Limits } from '../../src/limits.ts'
import type { SqliteStore } from '../../src/store/sqlite-store.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, readAll, record, seqsOf, stored, storedMany } from './sample-store.ts'

const scratch = scratchDirectory()
const day = 24 * 3_600_000
const start = Date.UTC(2026, 0, 1)

interface Setting {
  readonly store: SqliteStore
  readonly home: string
  readonly clock: { now: number }
}

function setting(limits: Partial<Limits>, home = mkdtempSync(join(scratch, 'home-')), now = start): Setting {
  const clock = { now }
  return { store: openStore(home, { limits, now: () => clock.now }), home, clock }
}

/** All chunks that are due; returns how many there were. */
function maintain(store: SqliteStore): number {
  let chunks = 1
  while (store.maintain()) chunks++
  return chunks
}

const idsOf = (store: SqliteStore) => store.tasks().map(({ id }) => id)

test('past the number of tasks the ones that settled first go, with their events', () => {
  const { store } = setting({ retentionTasksMax: 2 })
  for (const [index, id] of ['a', 'b', 'c', 'd'].entries())
    store.commit({ tasks: [record(id)], events: storedMany(index * 10, 10, [id]) })
  maintain(store)
  expect(idsOf(store)).toEqual(['c', 'd'])
  expect([store.firstAvailable(), store.head, store.use().events]).toEqual([21, 40, 20])
  expect(seqsOf(readAll(store))[0]).toBe(21)
  expect([store.task('a'), store.readTask('a', 0, 1_000)]).toEqual([undefined, []])
  store.close()
})

test('at the number all stay', () => {
  const { store } = setting({ retentionTasksMax: 2 })
  store.commit({ tasks: [record('a'), record('b')], events: storedMany(0, 4, ['a', 'b']) })
  maintain(store)
  expect([idsOf(store), store.firstAvailable()]).toEqual([['a', 'b'], 1])
  store.close()
})

test('a live task keeps all its events, also where those around them are gone', () => {
  const { store } = setting({ retentionTasksMax: 1 })
  store.commit({ tasks: [record('live', { state: 'running' }), record('old'), record('new')] })
  store.commit({ events: storedMany(0, 30, ['live', 'old', 'live']) })
  store.commit({ events: storedMany(30, 10, ['live', 'new']) })
  maintain(store)
  expect(idsOf(store)).toEqual(['live', 'new'])
  expect(store.firstAvailable()).toBe(30)
  expect(seqsOf(readAll(store))).toEqual([30, ...seqsOf(storedMany(30, 10))])
  const live = [...storedMany(0, 30, ['live', 'old', 'live']), ...storedMany(30, 10, ['live', 'new'])].filter(
    ({ task }) => task === 'live',
  )
  expect(store.readTask('live', 0, 1e9)).toEqual(live)
  store.close()
})

test('only live tasks: nothing goes, however far past its bounds the journal is', () => {
  const { store, clock } = setting({ retentionTasksMax: 0, retentionBytesMax: 1, retentionAgeMs: 1 })
  for (const state of ['queued', 'starting', 'running', 'interactive'] as const)
    store.commit({ tasks: [record(state, { state })], events: [stored(store.head + 1, state)] })
  clock.now += day
  maintain(store)
  expect([idsOf(store).length, store.firstAvailable(), seqsOf(readAll(store))]).toEqual([4, 1, [1, 2, 3, 4]])
  store.commit({ tasks: [record('queued', { state: 'aborted' })] })
  maintain(store)
  expect([idsOf(store).length, store.firstAvailable()]).toEqual([3, 2])
  store.close()
})

test('past its bytes the oldest go until it fits; the room is used again', () => {
  const bytes = 2_000_000
  const { store } = setting({ retentionBytesMax: bytes })
  for (let index = 0; index < 60; index++) {
    const id = `t${index}`
    store.commit({ tasks: [record(id)], events: [stored(store.head + 1, id, 'x'.repeat(100_000))] })
    maintain(store)
  }
  expect(store.use().bytes).toBeLessThanOrEqual(bytes)
  expect(idsOf(store).length).toBeGreaterThan(10)
  expect(idsOf(store).at(-1)).toBe('t59')
  expect(seqsOf(readAll(store))[0]).toBe(store.firstAvailable())
  store.close()
})

test('past their age tasks go, counted from when they settled', () => {
  const { store, clock } = setting({ retentionAgeMs: 10 * day })
  store.commit({ tasks: [record('a', { createdAt: 1 })], events: [stored(1, 'a')] })
  for (let days = 0; days < 6; days++) {
    clock.now += day
    store.maintain()
  }
  store.commit({ tasks: [record('b')], events: [stored(2, 'b')] })
  for (let days = 0; days < 5; days++) {
    clock.now += day
    store.maintain()
  }
  expect([idsOf(store), store.firstAvailable()]).toEqual([['b'], 2])
  store.close()
})

test.each([
  ['years ahead', 3_650 * day],
  ['years back', -3_650 * day],
])('a clock that jumps %s makes nothing go', (_, jump) => {
  const { store, clock, home } = setting({ retentionAgeMs: 10 * day })
  store.commit({ tasks: [record('a')], events: [stored(1)] })
  clock.now += jump
  maintain(store)
  store.commit({ tasks: [record('b')] })
  clock.now -= jump
  maintain(store)
  expect(idsOf(store)).toEqual(['a', 'b'])
  store.close()
  const again = setting({ retentionAgeMs: 10 * day }, home, start + Math.abs(jump))
  maintain(again.store)
  expect([idsOf(again.store), again.store.firstAvailable()]).toEqual([['a', 'b'], 1])
  // After a jump the days count again as they pass.
  for (let days = 0; days < 12; days++) {
    again.clock.now += day
    maintain(again.store)
  }
  expect(idsOf(again.store)).toEqual([])
  again.store.close()
})

test('a large task goes in chunks, each within 50 ms of its thread, and a start in between goes on with it', () => {
  const limits = { retentionTasksMax: 0, retentionChunkMs: 2 }
  const { store, home } = setting({ ...limits, retentionTasksMax: 10 })
  for (let commits = 0; commits < 3_000; commits++)
    store.commit({ events: storedMany(store.head, 10, ['big']) })
  store.commit({ tasks: [record('big')] })
  store.close()
  const second = setting(limits, home).store
  expect(second.maintain()).toBe(true)
  // From its first chunk on the task is gone for everybody.
  expect([idsOf(second), second.firstAvailable(), readAll(second)]).toEqual([[], 30_001, []])
  expect(second.use().events).toBeGreaterThan(0)
  second.close()
  const third = setting(limits, home).store
  const times: number[] = []
  for (let more = true; more;) {
    // What this thread itself does: a busy machine makes it no more.
    const began = process.threadCpuUsage()
    more = third.maintain()
    const { user, system } = process.threadCpuUsage(began)
    times.push((user + system) / 1_000)
  }
  expect(times.length).toBeGreaterThan(3)
  expect(times.filter((ms) => ms >= 50)).toEqual([])
  expect([third.use().events, third.head, third.firstAvailable()]).toEqual([0, 30_000, 30_001])
  third.commit({ events: storedMany(30_000, 1) })
  expect(seqsOf(readAll(third))).toEqual([30_001])
  third.close()
})

test('a task that runs again while it is going is kept, with what is left of it', () => {
  const { store } = setting({ retentionTasksMax: 0, retentionChunkMs: 0 })
  store.commit({ tasks: [record('a')], events: storedMany(0, 5) })
  for (let seq = 6; seq <= 60; seq++) store.commit({ events: [stored(seq)] })
  store.maintain()
  expect(idsOf(store)).toEqual([])
  store.commit({ tasks: [record('a', { state: 'running' })], events: [stored(61)] })
  maintain(store)
  expect([idsOf(store), store.firstAvailable()]).toEqual([['a'], 61])
  expect(seqsOf(store.readTask('a', 0, 1e9)).at(-1)).toBe(61)
  store.close()
})

test('sequences are not used again where all events are gone', () => {
  const { store, home } = setting({ retentionTasksMax: 0 })
  store.commit({ tasks: [record('a')], events: storedMany(0, 5) })
  maintain(store)
  store.close()
  const again = setting({}, home).store
  expect([again.head, again.firstAvailable()]).toEqual([5, 6])
  again.close()
})
