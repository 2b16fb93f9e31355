/** Texts in blocks: what is kept is read again as it was, and blocks that hold nothing are written again. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { Blocks } from '../../src/store/blocks.ts'
import type { Kept } from '../../src/store/blocks.ts'

const { recordBlockBytes, recordBlocksFreeMax } = limits

const steps = fc.array(
  fc.oneof(
    fc.record({ text: fc.string({ unit: 'binary' }), times: fc.integer({ min: 1, max: 5_000 }) }),
    fc.record({ forget: fc.nat(), many: fc.integer({ min: 1, max: 10 }) }),
  ),
  { maxLength: 60 },
)

test('whatever is kept and forgotten, in any order, each kept text is read as it was', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const blocks = new Blocks()
      const kept: { readonly text: string; readonly at: Kept }[] = []
      for (const step of sequence) {
        if ('text' in step) {
          const text = step.text.repeat(step.times)
          kept.push({ text, at: blocks.keep(text) })
        } else {
          for (const { at } of kept.splice(step.forget % (kept.length + 1), step.many)) blocks.forget(at)
        }
        for (const { text, at } of kept) expect(blocks.read(at)).toBe(text)
        const held = new Set(kept.map(({ at }) => at.block.bytes))
        const bytes = [...held].reduce((sum, { length }) => sum + length, 0)
        // Besides them at most the one that is written next, which may hold nothing.
        expect([bytes, bytes + recordBlockBytes]).toContain(blocks.bytes)
      }
    }),
    { numRuns: 50 },
  )
})

// bound: recordBlockBytes
test('texts share a block up to its bytes; one past them is in the next', () => {
  for (const [second, bytes] of [
    [recordBlockBytes - 10, recordBlockBytes],
    [recordBlockBytes - 9, 2 * recordBlockBytes],
  ] as const) {
    const blocks = new Blocks()
    blocks.keep('x'.repeat(10))
    const kept = blocks.keep('é'.repeat(second / 2) + (second % 2 === 0 ? '' : 'e'))
    expect(blocks.bytes).toBe(bytes)
    expect(kept.end - kept.start).toBe(second)
  }
})

test('a text larger than a block has one of its own, which is not kept for others', () => {
  const blocks = new Blocks()
  const first = blocks.keep('a')
  const large = blocks.keep('x'.repeat(recordBlockBytes + 1))
  const second = blocks.keep('b')
  expect([blocks.bytes, first.block === second.block]).toEqual([2 * recordBlockBytes + 1, true])
  blocks.forget(large)
  expect([blocks.bytes, blocks.read(first), blocks.read(second)]).toEqual([recordBlockBytes, 'a', 'b'])
})

// bound: recordBlocksFreeMax
test('so many free blocks are written again; one past them is another', () => {
  const blocks = new Blocks()
  const fill = (count: number): Kept[] =>
    Array.from({ length: count }, () => blocks.keep('x'.repeat(recordBlockBytes)))
  const earlier = fill(recordBlocksFreeMax + 1)
  blocks.keep('the last one')
  for (const kept of earlier) blocks.forget(kept)
  const again = fill(recordBlocksFreeMax + 1)
  const buffers = new Set(earlier.map(({ block }) => block.bytes))
  expect(again.filter(({ block }) => buffers.has(block.bytes))).toHaveLength(recordBlocksFreeMax)
})
