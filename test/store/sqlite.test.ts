/** The store on disk: as every store, and opened again. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import type { SqliteStore } from '../../src/store/sqlite-store.ts'
import type { StoredEvent } from '../../src/store/store.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { describeStore } from './contract.ts'
import { openStore, readAll, record, seqsOf, stored, storedMany } from './sample-store.ts'

const scratch = scratchDirectory()
const directory = () => mkdtempSync(join(scratch, 'home-'))
describeStore('a store on disk', () => openStore(directory()))

describeStore('a store on disk that holds against power loss', () =>
  openStore(directory(), { durability: 'full' }),
)

function expectPiece(
  piece: readonly StoredEvent[],
  all: readonly StoredEvent[],
  after: number,
  bytesMax: number,
): void {
  const rest = all.filter(({ seq }) => seq > after)
  expect(piece).toEqual(rest.slice(0, piece.length))
  expect(piece.length > 0).toBe(rest.length > 0)
  const bytes = piece.reduce((sum, { frame }) => sum + frame.length, 0)
  expect(piece.length <= 1 || bytes <= bytesMax).toBe(true)
}

describe('reading', () => {
  test('gives events as they were committed, from any place', () => {
    const store = openStore(directory())
    const events = storedMany(0, 100, ['a', 'a', 'b'])
    for (let start = 0; start < 100; start += 25) store.commit({ events: events.slice(start, start + 25) })
    for (let after = 0; after <= 100; after++)
      expect(readAll(store, after, 1_000)).toEqual(events.slice(after))
    expect(store.read(1_000, 10)).toEqual([])
    store.close()
  })

  test('gives about as many bytes as were asked for, and at least one event', () => {
    const store = openStore(directory())
    store.commit({ events: [...storedMany(0, 50), stored(51, 'a', 'x'.repeat(200_000)), stored(52)] })
    const { length } = stored(10).frame
    expect(seqsOf(store.read(9, length * 3))).toEqual([10, 11, 12])
    expect(seqsOf(store.read(9, 1))).toEqual([10])
    expect(seqsOf(store.read(50, 1_000))).toEqual([51])
    expect(seqsOf(store.read(49, 1_000))).toEqual([50])
    store.close()
  })

  test('of one task passes over all others', () => {
    const store = openStore(directory())
    store.commit({ events: storedMany(0, 300, ['a', 'b', 'c']) })
    store.commit({ events: storedMany(300, 30, ['b']) })
    const ofB = storedMany(0, 300, ['a', 'b', 'c']).filter(({ task }) => task === 'b')
    expect(store.readTask('b', 0, 1e9)).toEqual([...ofB, ...storedMany(300, 30, ['b'])])
    expect(seqsOf(store.readTask('b', 302, 1))).toEqual([303])
    expect(seqsOf(store.readTask('a', 296, 1e9))).toEqual([298])
    expect(store.readTask('nobody', 0, 1e9)).toEqual([])
    store.close()
  })

  test('takes frames that lie in one buffer, in several, or one before the other', () => {
    const store = openStore(directory())
    const [one, two, three] = [stored(1), stored(2), stored(3)]
    const slab = Buffer.concat([three.frame, one.frame, two.frame])
    const [a, b] = [three.frame.length, three.frame.length + one.frame.length]
    const events = [
      { ...one, frame: slab.subarray(a, b) },
      { ...two, frame: slab.subarray(b) },
      { ...three, frame: slab.subarray(0, a) },
    ]
    store.commit({ events: events.slice(0, 2) })
    store.commit({ events: events.slice(2) })
    store.commit({ events: events.map((event) => ({ ...event, seq: event.seq + 3 })) })
    expect(readAll(store).map(({ frame }) => frame)).toEqual([
      ...[one.frame, two.frame, three.frame],
      ...[one.frame, two.frame, three.frame],
    ])
    store.close()
  })

  test('agrees with a list, whatever was committed and however it is read', () => {
    const commits = fc.array(
      fc.array(
        fc.record({
          task: fc.constantFrom('a', 'b', 'c'),
          length: fc.nat(3_000),
          name: fc.constantFrom('message', 'taskStarted'),
        }),
        { maxLength: 40 },
      ),
      { maxLength: 12 },
    )
    const reads = fc.array(fc.tuple(fc.nat(200), fc.nat(20_000)), { minLength: 5, maxLength: 20 })
    fc.assert(
      fc.property(commits, reads, (batches, asked) => {
        const store = openStore(directory())
        const all: StoredEvent[] = []
        for (const batch of batches) {
          const events = batch.map(({ task, length, name }, index) => ({
            ...stored(all.length + index + 1, task, 'x'.repeat(length)),
            name,
          }))
          store.commit({ events })
          all.push(...events)
        }
        for (const [after, bytesMax] of asked) {
          expectPiece(store.read(after, bytesMax), all, after, bytesMax)
          const ofTask = all.filter(({ task }) => task === 'b')
          expectPiece(store.readTask('b', after, bytesMax), ofTask, after, bytesMax)
        }
        store.close()
      }),
      { numRuns: 40 },
    )
  })
})

describe('what is refused, as a fault of ours', () => {
  test.each([
    ['a hole in the sequence', () => [stored(2)]],
    ['a sequence that was used', () => [stored(1), stored(1)]],
    ['a frame without its delimiter', () => [{ ...stored(1), frame: Buffer.from('{}') }]],
  ])('%s: nothing is kept', (_, events) => {
    const store = openStore(directory())
    expect(() => store.commit({ tasks: [record('a')], events: events() })).toThrow(/event 1|event 2/)
    expect([store.head, store.tasks()]).toEqual([0, []])
    store.commit({ events: [stored(1)] })
    expect(seqsOf(readAll(store))).toEqual([1])
    store.close()
  })
})

describe('opened again', () => {
  test('it has everything, under the same id, with the next start', () => {
    const home = directory()
    const first = openStore(home)
    const machine = { version: 3, snapshot: { value: 'running' } }
    const live = record('live', {
      state: 'running',
      machine,
      runnerState: [1],
      request: { text: 'x', configuration: {} },
    })
    first.commit({ tasks: [record('done'), live], events: storedMany(0, 10, ['done', 'live']) })
    first.close()
    const second = openStore(home)
    expect([second.journalId, second.startNumber, second.head]).toEqual([first.journalId, 2, 10])
    expect(readAll(second)).toEqual(storedMany(0, 10, ['done', 'live']))
    expect(second.unsettled()).toEqual([live])
    expect(
      second.tasks().map((task) => Object.keys(task).filter((key) => /request|runner|machine/.test(key))),
    ).toEqual([[], []])
    expect(second.use()).toMatchObject({ events: 10, tasks: 2 })
    second.close()
  })

  test('each start is remembered with the last sequence it gave', () => {
    const home = directory()
    let store: SqliteStore | undefined
    for (const count of [3, 0, 4]) {
      store = openStore(home)
      if (count > 0) store.commit({ events: storedMany(store.head, count) })
      store.close()
    }
    store = openStore(home)
    expect([0, 1, 2, 3, 4, 5].map((number) => store?.lastOfStart(number))).toEqual([
      undefined,
      3,
      3,
      7,
      7,
      undefined,
    ])
    store.close()
  })

  test('queued and running tasks are unsettled, oldest first, and no others', () => {
    const home = directory()
    const store = openStore(home)
    const states = [
      'queued',
      'completed',
      'starting',
      'aborted',
      'running',
      'failed',
      'interactive',
      'resumable',
      'closed',
    ] as const
    store.commit({ tasks: states.map((state, index) => record(`${index}`, { state })) })
    expect(store.unsettled().map(({ state }) => state)).toEqual([
      'queued',
      'starting',
      'running',
      'interactive',
    ])
    store.commit({ tasks: [record('2', { state: 'failed' })] })
    expect(store.unsettled().map(({ id }) => id)).toEqual(['0', '4', '6'])
    store.close()
  })
})

test('a task that had events before its record, and never got one, is nobody: it is not listed', () => {
  const home = directory()
  const store = openStore(home)
  store.commit({ events: [stored(1, 'ghost')] })
  expect([store.tasks(), store.task('ghost'), store.unsettled()]).toEqual([[], undefined, []])
  expect(seqsOf(store.readTask('ghost', 0, 1_000))).toEqual([1])
  store.commit({ tasks: [record('ghost')] })
  expect(store.tasks()).toEqual([record('ghost')])
  store.close()
})

test('more tasks than it remembers rows of are told apart', () => {
  const store = openStore(directory())
  const tasks = Array.from({ length: 5_000 }, (_, index) => `t${index}`)
  store.commit({ tasks: tasks.map((id) => record(id)), events: storedMany(0, 5_000, tasks) })
  store.commit({ events: storedMany(5_000, 5_000, tasks) })
  expect(seqsOf(store.readTask('t0', 0, 1e9))).toEqual([1, 5_001])
  expect(seqsOf(store.readTask('t4999', 0, 1e9))).toEqual([5_000, 10_000])
  expect(limits.retentionTasksMax).toBeGreaterThan(5_000)
  store.close()
})
