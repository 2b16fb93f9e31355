import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { memoryStore } from '../../src/store/memory.ts'
import { describeStore } from './contract.ts'
import { record } from './sample-store.ts'

describeStore('a store in memory', () => memoryStore())

test('a task comes back with its request, and lists come without', () => {
  const store = memoryStore()
  const saved = record('a', { request: { text: 'é', configuration: { key: 'secret' } }, exit: { code: 0 } })
  store.commit({ tasks: [saved] })
  expect(store.task('a')).toEqual(saved)
  expect(store.tasks()).toEqual([record('a', { exit: { code: 0 } })])
  expect(JSON.stringify(store.tasks())).not.toContain('secret')
})

test('tasks are listed by when they settled last, oldest first', () => {
  const store = memoryStore()
  for (const id of ['a', 'b', 'c', 'a']) store.commit({ tasks: [record(id)] })
  expect(store.tasks().map(({ id }) => id)).toEqual(['b', 'c', 'a'])
})

// bound: tasksKeptMax
test('at the number all are kept, one past it the oldest is forgotten', () => {
  const store = memoryStore({ tasksKeptMax: 2 })
  store.commit({ tasks: [record('a')] })
  store.commit({ tasks: [record('b')] })
  expect(store.tasks()).toHaveLength(2)
  store.commit({ tasks: [record('c')] })
  expect(store.tasks().map(({ id }) => id)).toEqual(['b', 'c'])
  expect(store.task('a')).toBeUndefined()
})

// bound: tasksKeptBytesMax
test('at the bytes all are kept, one past them the oldest is forgotten', () => {
  // A block each, and what a record takes besides.
  const text = 'x'.repeat(limits.recordBlockBytes / 2)
  const bytes = limits.recordBlockBytes + 300
  const save = (tasksKeptBytesMax: number): string[] => {
    const store = memoryStore({ tasksKeptBytesMax })
    store.commit({ tasks: [record('a', { text })] })
    store.commit({ tasks: [record('b', { text })] })
    expect(store.use().bytes).toBeLessThanOrEqual(tasksKeptBytesMax)
    return store.tasks().map(({ id }) => id)
  }
  expect(save(2 * bytes)).toEqual(['a', 'b'])
  expect(save(2 * bytes - 1)).toEqual(['b'])
})

test('a record that stays keeps its whole block, which counts', () => {
  const text = 'x'.repeat(limits.recordBlockBytes / 3)
  const store = memoryStore({ tasksKeptBytesMax: 3 * limits.recordBlockBytes + 10_000 })
  // Two share a block; of each pair one goes.
  for (let pair = 0; pair < 10; pair++) {
    store.commit({ tasks: [record(`${pair}a`, { text }), record(`${pair}b`, { text })] })
    store.commit({ forgottenTasks: [`${pair}b`] })
  }
  expect(store.tasks().map(({ id }) => id)).toEqual(['7a', '8a', '9a'])
})

test('texts and requests count in bytes; the newest stays however large it is', () => {
  const size = limits.recordBlockBytes
  const large = { request: { text: 'x'.repeat(size), configuration: {} } }
  const store = memoryStore({ tasksKeptBytesMax: 4 * size - 1 })
  store.commit({ tasks: [record('a', large)] })
  store.commit({ tasks: [record('b', large)] })
  expect(store.tasks()).toHaveLength(2)
  store.commit({ tasks: [record('c', large)] })
  expect(store.tasks().map(({ id }) => id)).toEqual(['b', 'c'])
  store.commit({ tasks: [record('d', { request: { text: 'x'.repeat(5 * size), configuration: {} } })] })
  expect(store.tasks().map(({ id }) => id)).toEqual(['d'])
})

test('saving a task again counts it once', () => {
  const store = memoryStore({ tasksKeptMax: 2, tasksKeptBytesMax: 3 * limits.recordBlockBytes })
  store.commit({ tasks: [record('a')] })
  for (let times = 0; times < 20; times++)
    store.commit({ tasks: [record('b', { text: 'x'.repeat(50_000) })] })
  expect(store.tasks().map(({ id }) => id)).toEqual(['a', 'b'])
})

test('it has no events to read: the head is what was appended last', () => {
  const store = memoryStore()
  expect([store.head, store.firstAvailable(), store.durability]).toEqual([0, 1, 'memory'])
  store.commit({ events: [{ seq: 7, task: 't', name: 'n', frame: Buffer.from('') }] })
  expect([store.head, store.firstAvailable(), store.read(0, 1)]).toEqual([7, 8, []])
})
