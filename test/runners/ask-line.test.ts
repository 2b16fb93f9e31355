/** One line of a command's ask channel. */
import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { readAskLine } from '../../src/runners/ask-line.ts'

// bound: askNameCharsMax
test("a command's own name of an ask is taken at its bound, and told to be too long one past it", () => {
  const read = (chars: number) =>
    readAskLine(Buffer.from(JSON.stringify({ id: 'x'.repeat(chars), text: 'Which?' })))
  const max = limits.askNameCharsMax
  expect(read(max)).toMatchObject({ name: 'x'.repeat(max), asked: { text: 'Which?' } })
  expect(read(max + 1)).toEqual({
    name: undefined,
    problem: `id is a number or at most ${max} characters`,
  })
})
