/** Bounds of the store that are seen in what it asks SQLite for, and how often. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import { expect, onTestFinished, test, vi } from 'vitest'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { openStore, record, stored } from './sample-store.ts'

const scratch = scratchDirectory()
const newHome = (): string => mkdtempSync(join(scratch, 'home-'))

/** What each call from here on was given, and gave, of statements that contain `sql`. To be asked before they end. */
function watched(method: 'all' | 'get' | 'run', sql: string) {
  const spy = vi.spyOn(StatementSync.prototype, method).mockClear()
  onTestFinished(() => spy.mockRestore())
  return () => {
    const calls = spy.mock.calls.map((given, index) => {
      const of = String(Reflect.get(Object(spy.mock.contexts[index]), 'sourceSQL'))
      return { given, gave: spy.mock.results[index]?.value, of }
    })
    spy.mockClear()
    return calls.filter(({ of }) => of.includes(sql))
  }
}

// bound: taskRowsKnown
test('rows of as many tasks are known without asking; with one more all are asked for again', () => {
  const store = openStore(newHome(), { limits: { taskRowsKnown: 2 } })
  const asked = watched('get', 'SELECT ref, phase, listed FROM tasks WHERE id')
  const say = (...ids: string[]): number => {
    for (const id of ids) store.commit({ events: [stored(store.head + 1, id)] })
    return asked().length
  }
  say('a', 'b')
  expect(say('a', 'b')).toBe(0)
  say('c')
  expect(say('a', 'c')).toBe(1)
  store.close()
})

// bound: retentionPiecesAtOnce
test('retention asks for as many pieces of a task, and for the one past them next', () => {
  const counts = [2, 3].map((pieces) => {
    const limits = {
      segmentBytesMax: 1,
      retentionPiecesAtOnce: 2,
      retentionTasksMax: 0,
      retentionChunkMs: 1e6,
    }
    const store = openStore(newHome(), { limits })
    for (let piece = 0; piece < pieces; piece++) store.commit({ events: [stored(store.head + 1)] })
    store.commit({ tasks: [record('a')] })
    const asked = watched('all', 'SELECT first, count FROM segments')
    store.maintain()
    expect([store.tasks(), store.use().events]).toEqual([[], 0])
    const rows = asked().map(({ gave }) => gave.length)
    store.close()
    return rows
  })
  expect(counts).toEqual([
    [2, 0],
    [2, 1],
  ])
})

// bound: storeProbeBytesMin, storeProbeBytesMax
test('what could not be committed is tried by its bytes, and by a bound where it is smaller or larger', () => {
  const limits = { storeProbeBytesMin: 9_000, storeProbeBytesMax: 540_000 }
  const bare = stored(1, 'a', '').frame.length
  const triedFor = (bytes: number): unknown => {
    const store = openStore(newHome(), { limits })
    const text = 'x'.repeat(bytes / 9 - bare)
    const events = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((seq) => stored(seq, 'a', text))
    store.limitFileBytes(1)
    expect(() => store.commit({ events })).toThrow('no room')
    store.limitFileBytes(1e9)
    const tried = watched('run', 'zeroblob')
    store.probe()
    const [probe] = tried()
    store.close()
    return probe?.given[0]
  }
  expect([8_991, 9_000, 9_009].map(triedFor)).toEqual([9_000, 9_000, 9_009])
  expect([539_991, 540_000, 540_009].map(triedFor)).toEqual([539_991, 540_000, 540_000])
})
