/** What closed tasks were asked: whatever a step that is undone kept or forgot is as it was. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClosedRequests } from '../../src/actors/closed-requests.ts'

const ids = ['a', 'b', 'c', 'd'] as const
const moves = fc.array(
  fc.record({ keep: fc.boolean(), task: fc.constantFrom(...ids), chars: fc.integer({ min: 0, max: 120 }) }),
  { maxLength: 12 },
)

function move(closed: ClosedRequests, { keep, task, chars }: { keep: boolean; task: string; chars: number }) {
  const request = { text: 'x'.repeat(chars), configuration: {} }
  return keep ? closed.keep(task, request) : closed.forget(task)
}

function content(closed: ClosedRequests): unknown {
  return Object.fromEntries(ids.map((id) => [id, closed.find(id)]))
}

test('moves that are taken back, the last one first, leave what there was, also of what had no room any more', () => {
  fc.assert(
    fc.property(moves, moves, (before, after) => {
      const closed = new ClosedRequests(200)
      for (const one of before) move(closed, one)
      const was = content(closed)
      const undos = after.map((one) => move(closed, one))
      for (const undo of undos.toReversed()) undo()
      expect(content(closed)).toEqual(was)
      // And its bytes are counted as before: what fits beside nothing else is kept.
      for (const id of ids) closed.forget(id)
      closed.keep('a', { text: 'x'.repeat(150), configuration: {} })
      expect(closed.has('a')).toBe(true)
    }),
  )
})

test('the oldest goes first, and one that is larger than all may be is not kept', () => {
  const closed = new ClosedRequests(200)
  const of = (chars: number) => ({ text: 'x'.repeat(chars), configuration: {} })
  for (const id of ['a', 'b', 'c']) closed.keep(id, of(40))
  expect(['a', 'b', 'c'].map((id) => closed.has(id))).toEqual([false, true, true])
  closed.keep('d', of(201))
  expect(['b', 'c', 'd'].map((id) => closed.has(id))).toEqual([true, true, false])
})
