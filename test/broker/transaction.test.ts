import { expect, test, vi } from 'vitest'
import { memoryStore } from '../../src/store/memory.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import type { Commit, TaskRecord } from '../../src/store/store.ts'
import { said, World } from './delivery-world.ts'

function place() {
  const store = memoryStore()
  const commits: Commit[] = []
  const commit = store.commit.bind(store)
  store.commit = (one) => {
    commits.push(one)
    commit(one)
  }
  const world = new World({}, store)
  return { world, store, commits, transactions: world.transactions }
}

const record = (id: string, state: TaskRecord['state'] = 'running'): TaskRecord => ({
  id,
  state,
  text: '',
  createdAt: 0,
  resumable: false,
  startedBy: '',
  lastTs: 0,
  runs: 0,
})

test('what is done inside a transaction joins it, and is one commit at its end', () => {
  const { transactions, commits, world } = place()
  const order: string[] = []
  transactions.run((transaction) => {
    transaction.stage({ task: 'a', events: [said('a', 'x')] })
    transaction.afterCommit(() => order.push(`effect after ${commits.length}`))
    transactions.run((inner) => inner.stage({ task: 'b', events: [said('b', 'y')] }))
    transaction.save('a', () => record('a'))
    order.push(`worked before ${commits.length + 1}`)
  })
  expect(order).toEqual(['worked before 1', 'effect after 1'])
  expect(commits[0]?.events?.map(({ seq, task }) => [seq, task])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ])
  expect(commits[0]?.tasks).toEqual([record('a')])
  expect(world.journal.head).toBe(2)
})

test('one that changes nothing is no commit, and its effects are done', () => {
  const { transactions, commits } = place()
  const effect = vi.fn<() => void>()
  transactions.run((transaction) => transaction.afterCommit(effect))
  expect([commits.length, effect.mock.calls.length]).toEqual([0, 1])
})

test('a record is made when the transaction commits, and the last word on a task counts', () => {
  const { transactions, commits } = place()
  let state: TaskRecord['state'] = 'starting'
  transactions.run((transaction) => {
    transaction.save('a', () => record('a', 'queued'))
    transaction.save('a', () => record('a', state))
    expect(transaction.record('a')).toMatchObject({ state: 'starting' })
    state = 'running'
  })
  expect(commits[0]?.tasks).toEqual([record('a', 'running')])
})

test('where the store takes nothing, what was done is undone last first, no effect is done and no reader hears of it', () => {
  const { transactions, store, world } = place()
  const reader = world.reader()
  const commit = store.commit.bind(store)
  const refusal = new StoreUnavailable('the disk is full.')
  store.commit = () => {
    throw refusal
  }
  const order: string[] = []
  const work = (): void =>
    transactions.run((transaction) => {
      transaction.undo(() => order.push('first'))
      transaction.stage({ task: 'a', events: [said('a', 'x'.repeat(2_000))] })
      transaction.undo(() => order.push('second'))
      transaction.afterCommit(() => order.push('effect'))
    })
  expect(work).toThrow(refusal)
  expect([order, world.journal.head, world.journal.bytes, transactions.isOpen]).toEqual([
    ['second', 'first'],
    0,
    0,
    false,
  ])
  store.commit = commit
  world.fill(2)
  world.flushAll()
  expect(reader.heard()).toEqual([1, 2])
})

test('an attempt that throws takes back its own part alone', () => {
  const { transactions, commits } = place()
  const undone: string[] = []
  const effects: string[] = []
  transactions.run((transaction) => {
    const part = (name: string) => {
      transaction.stage({ task: name, events: [said(name, 'x')] })
      transaction.save(name, () => record(name))
      transaction.answer({ sessionId: 's', requestId: name, digest: '', frame: Buffer.from(''), at: 0 })
      transaction.undo(() => undone.push(name))
      transaction.afterCommit(() => effects.push(name))
    }
    part('a')
    const fails = (): never => {
      part('b')
      throw new Error('this test throws')
    }
    expect(() => transactions.attempt(fails)).toThrow('this test throws')
    part('c')
  })
  expect([undone, effects]).toEqual([['b'], ['a', 'c']])
  expect(commits[0]?.events?.map(({ seq, task }) => [seq, task])).toEqual([
    [1, 'a'],
    [2, 'c'],
  ])
  expect(commits[0]?.tasks?.map(({ id }) => id)).toEqual(['a', 'c'])
  expect(commits[0]?.answers?.map(({ requestId }) => requestId)).toEqual(['a', 'c'])
})

test('work that throws is undone as if the store had refused it, and the next one is done', () => {
  const { transactions, commits } = place()
  const undo = vi.fn<() => void>()
  expect(() =>
    transactions.run((transaction) => {
      transaction.undo(undo)
      throw new Error('this test throws')
    }),
  ).toThrow('this test throws')
  expect([undo.mock.calls.length, commits.length, transactions.isOpen]).toEqual([1, 0, false])
  transactions.run((transaction) => transaction.save('a', () => record('a')))
  expect(commits).toHaveLength(1)
})

test('an effect may open transactions, and one that throws keeps no other from being done', () => {
  const { transactions, commits, world } = place()
  const noted: unknown[] = []
  Object.assign(world, { effectFailed: (error: unknown) => noted.push(error) })
  transactions.run((transaction) => {
    transaction.save('a', () => record('a'))
    transaction.afterCommit(() => {
      throw new Error('this test throws')
    })
    transaction.afterCommit(() => transactions.run((next) => next.save('b', () => record('b'))))
  })
  expect(commits.map(({ tasks }) => tasks?.[0]?.id)).toEqual(['a', 'b'])
  expect(noted).toEqual([new Error('this test throws')])
})
