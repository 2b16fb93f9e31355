import { expect, test } from 'vitest'
import { columned } from '../../../src/cli/drawing/columns.ts'
import { wrapped } from '../../../src/cli/drawing/wrap.ts'

const same = (text: string) => text

test('a text breaks between words, and a longer word stands alone', () => {
  expect(wrapped('one two three', 7)).toEqual(['one two', 'three'])
  expect(wrapped('a extraordinary b', 5)).toEqual(['a', 'extraordinary', 'b'])
  expect(wrapped('', 5)).toEqual([''])
})

test('rows align, and a broken text continues right of the trunk', () => {
  const row = (left: string, text: string) => ({
    left,
    paintLeft: same,
    below: '|',
    texts: [{ text, paint: same }],
  })
  expect(columned([row('|- a', 'this is a text of many words'), row('`- long', '')], 33)).toEqual([
    ['|- a     this is a text of many', '|        words'],
    ['`- long'],
  ])
})

test('no rows give no lines', () => {
  expect(columned([], 80)).toEqual([])
})
