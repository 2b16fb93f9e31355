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

test('at the bytes nothing is forgotten, one past them the oldest are, but never the newest', () => {
  const replies = new Replies(10, 10)
  replies.keep('a', 'body', answer(4))
  replies.keep('b', 'body', answer(6))
  expect(replies.find('a', 'body').kind).toBe('same')
  replies.keep('c', 'body', answer(1))
  expect(replies.find('a', 'body').kind).toBe('none')
  expect(replies.find('b', 'body').kind).toBe('same')
  replies.keep('d', 'body', answer(50))
  expect(['b', 'c', 'd'].map((id) => replies.find(id, 'body').kind)).toEqual(['none', 'none', 'same'])
  replies.keep('e', 'body', answer(1))
  expect(['d', 'e'].map((id) => replies.find(id, 'body').kind)).toEqual(['none', 'same'])
})
