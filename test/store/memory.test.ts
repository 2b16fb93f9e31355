import { expect, test } from 'vitest'
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
  // What a record takes besides its text and request.
  const bytes = 500
  const save = (tasksKeptBytesMax: number): string[] => {
    const store = memoryStore({ tasksKeptBytesMax })
    store.commit({ tasks: [record('a', { text: 'xx' })] })
    store.commit({ tasks: [record('b', { text: 'é' })] })
    return store.tasks().map(({ id }) => id)
  }
  expect(save(2 * bytes + 6)).toEqual(['a', 'b'])
  expect(save(2 * bytes + 5)).toEqual(['b'])
})

test('texts and requests count in bytes; the newest stays however large it is', () => {
  const large = { request: { text: 'x'.repeat(10_000), configuration: {} } }
  const store = memoryStore({ tasksKeptBytesMax: 25_000 })
  store.commit({ tasks: [record('a', large)] })
  store.commit({ tasks: [record('b', large)] })
  expect(store.tasks()).toHaveLength(2)
  store.commit({ tasks: [record('c', large)] })
  expect(store.tasks().map(({ id }) => id)).toEqual(['b', 'c'])
  store.commit({ tasks: [record('d', { request: { text: 'x'.repeat(50_000), configuration: {} } })] })
  expect(store.tasks().map(({ id }) => id)).toEqual(['d'])
})

test('saving a task again counts it once', () => {
  const store = memoryStore({ tasksKeptMax: 2, tasksKeptBytesMax: 3_000 })
  store.commit({ tasks: [record('a')] })
  for (let times = 0; times < 20; times++) store.commit({ tasks: [record('b', { text: 'x'.repeat(500) })] })
  expect(store.tasks().map(({ id }) => id)).toEqual(['a', 'b'])
})

test('it has no events to read: the head is what was appended last', () => {
  const store = memoryStore()
  expect([store.head, store.firstAvailable(), store.durability]).toEqual([0, 1, 'memory'])
  store.commit({ events: [{ seq: 7, task: 't', name: 'n', frame: Buffer.from('') }] })
  expect([store.head, store.firstAvailable(), store.read(0, 1)]).toEqual([7, 8, []])
})
