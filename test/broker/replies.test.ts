import { expect, test } from 'vitest'
import { Replies } from '../../src/broker/replies.ts'

const answer = (bytes: number): Buffer => Buffer.alloc(bytes)

test('the same request finds its answer, another body under its id a conflict', () => {
  const replies = new Replies(3, 100)
  const frame = answer(1)
  replies.keep('a', 'body', frame)
  expect(replies.find('a', 'body')).toEqual({ kind: 'same', frame })
  expect(replies.find('a', 'other')).toEqual({ kind: 'conflict' })
  expect(replies.find('b', 'body')).toEqual({ kind: 'none' })
})

// bound: repliesKeptPerSession
test('at the number nothing is forgotten, one past it the oldest is', () => {
  const replies = new Replies(3, 100)
  for (const id of ['a', 'b', 'c']) replies.keep(id, 'body', answer(1))
  expect(replies.find('a', 'body').kind).toBe('same')
  replies.keep('d', 'body', answer(1))
  expect(['a', 'b', 'c', 'd'].map((id) => replies.find(id, 'body').kind)).toEqual([
    'none',
    'same',
    'same',
    'same',
  ])
})

// bound: repliesKeptBytesPerSession
test('at the bytes nothing is forgotten, one past them the oldest are', () => {
  const replies = new Replies(10, 10)
  replies.keep('a', 'body', answer(4))
  replies.keep('b', 'body', answer(6))
  expect(replies.find('a', 'body').kind).toBe('same')
  replies.keep('c', 'body', answer(1))
  expect(['a', 'b', 'c'].map((id) => replies.find(id, 'body').kind)).toEqual(['none', 'same', 'same'])
})

test('an answer larger than all that is kept is not kept, and costs no other', () => {
  const replies = new Replies(10, 10)
  replies.keep('a', 'body', answer(4))
  replies.keep('b', 'body', answer(11))
  expect(['a', 'b'].map((id) => replies.find(id, 'body').kind)).toEqual(['same', 'none'])
})

// bound: repliesKeptBytesMax
test('past the bytes of all sessions one keeps its newest alone, and ends with none', () => {
  const account = { bytes: 0, bytesMax: 10 }
  const one = new Replies(10, 10, account)
  const other = new Replies(10, 10, account)
  const found = (): string[] => ['b', 'c', 'd'].map((id) => other.find(id, 'body').kind)
  one.keep('a', 'body', answer(8))
  other.keep('b', 'body', answer(1))
  other.keep('c', 'body', answer(1))
  expect(found()).toEqual(['same', 'same', 'none'])
  other.keep('d', 'body', answer(3))
  expect(one.find('a', 'body').kind).toBe('same')
  expect(found()).toEqual(['none', 'none', 'same'])
  one.clear()
  other.clear()
  expect(account.bytes).toBe(0)
})
