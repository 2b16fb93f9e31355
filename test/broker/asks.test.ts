import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Asks } from '../../src/broker/asks.ts'
import type { AsksLimits } from '../../src/broker/asks.ts'
import { limits } from '../../src/limits.ts'

const question = { kind: 'question', text: '?' } as const

function some(more: Partial<AsksLimits> = {}): Asks {
  return new Asks({ ...limits, ...more })
}

const ids = (asks: Asks, task: string): string[] => asks.of(task).map(({ id }) => id)

describe('open asks', () => {
  test('are known by id, by task oldest first, and by the name that their run gave', () => {
    const asks = some()
    expect(asks.open('t', 'k1', question, 'a', 5)).toEqual({
      ask: { id: 'a', task: 't', kind: 'question', text: '?', askedAt: 5 },
    })
    asks.open('t', 'k2', question, 'b', 4)
    asks.open('u', 'k1', question, 'c', 3)
    expect([ids(asks, 't'), ids(asks, 'u'), ids(asks, 'none')]).toEqual([['a', 'b'], ['c'], []])
    expect([asks.byKey('t', 'k2')?.ask.id, asks.byKey('u', 'k2'), asks.find('c')?.key]).toEqual([
      'b',
      undefined,
      'k1',
    ])
  })

  // bound: asksPerTaskMax
  test('are so many for a task: of a thousand the others are told so', () => {
    const asks = some()
    const opened = Array.from({ length: 1_000 }, (_, n) => asks.open('t', `k${n}`, question, `a${n}`, 0))
    expect(opened.filter((one) => 'ask' in one)).toHaveLength(limits.asksPerTaskMax)
    expect(opened.at(-1)).toEqual({
      problem: `at most ${limits.asksPerTaskMax} asks of a task are open at once`,
    })
    expect('ask' in asks.open('u', 'k', question, 'u', 0)).toBe(true)
    asks.resolve('a0', { outcome: 'answered' })
    expect('ask' in asks.open('t', 'k', question, 'again', 0)).toBe(true)
    expect(asks.count).toBe(limits.asksPerTaskMax + 1)
  })

  test('have names of their own, and a shape', () => {
    const asks = some()
    asks.open('t', 'k', question, 'a', 0)
    expect(asks.open('t', 'k', question, 'b', 0)).toEqual({
      problem: 'an ask with this name is open already',
    })
    expect(asks.open('t', 'l', { kind: 'approval', text: '?' }, 'b', 0)).toEqual({
      problem: 'an approval needs options to choose from',
    })
    expect(asks.count).toBe(1)
  })

  test('that were opened for nothing never were', () => {
    const asks = some()
    asks.open('t', 'k', { ...question, deadlineMs: 1 }, 'a', 0)
    asks.drop('a')
    expect([asks.find('a'), asks.ended('a'), asks.count, asks.nextDeadline]).toEqual([
      undefined,
      undefined,
      0,
      undefined,
    ])
  })
})

describe('ended asks', () => {
  test('are remembered with who ended them and nothing that was said', () => {
    const asks = some()
    asks.open('t', 'k', question, 'a', 0)
    asks.resolve('a', { outcome: 'answered', by: 'c1', client: 'one', ...{ text: 'secret' } })
    expect(asks.resolve('a', { outcome: 'answered', by: 'c2' })).toBe(undefined)
    expect(asks.ended('a')).toEqual({ task: 't', outcome: 'answered', by: 'c1', client: 'one' })
    expect([asks.find('a'), asks.byKey('t', 'k'), ids(asks, 't')]).toEqual([undefined, undefined, []])
  })

  // bound: asksRememberedMax
  test('are remembered up to a number, the newest', () => {
    const asks = some({ asksRememberedMax: 2 })
    for (const id of ['a', 'b', 'c']) {
      asks.open('t', id, question, id, 0)
      asks.resolve(id, { outcome: 'withdrawn' })
    }
    expect(['a', 'b', 'c'].map((id) => asks.ended(id)?.outcome)).toEqual([
      undefined,
      'withdrawn',
      'withdrawn',
    ])
  })

  test('whose end could not be stored are open again where they were', () => {
    const asks = some()
    for (const id of ['a', 'b', 'c']) asks.open('t', id, { ...question, deadlineMs: 9 }, id, 0)
    const undo = asks.resolve('b', { outcome: 'answered' })
    undo?.()
    expect([ids(asks, 't'), asks.ended('b'), asks.find('b')?.key, asks.nextDeadline]).toEqual([
      ['a', 'b', 'c'],
      undefined,
      'b',
      9,
    ])
  })
})

describe('deadlines', () => {
  test('the earliest is told, and what is due, by deadline', () => {
    const asks = some()
    asks.open('t', 'late', { ...question, deadlineMs: 20 }, 'late', 0)
    asks.open('u', 'early', { ...question, deadlineMs: 5 }, 'early', 1)
    asks.open('u', 'never', question, 'never', 1)
    expect([asks.nextDeadline, asks.due(5)]).toEqual([6, []])
    expect(asks.due(20).map(({ ask }) => ask.id)).toEqual(['early', 'late'])
    asks.resolve('early', { outcome: 'expired' })
    expect(asks.nextDeadline).toBe(20)
    asks.resolve('late', { outcome: 'answered' })
    expect([asks.nextDeadline, asks.due(1_000)]).toEqual([undefined, []])
  })

  // bound: askDeadlineMsMax
  test('are cut to the longest there is', () => {
    const asks = some({ askDeadlineMsMax: 100 })
    const deadlines = [99, 100, 101, Infinity].map((deadlineMs, index) => {
      asks.open('t', `k${index}`, { ...question, deadlineMs }, `a${index}`, 7)
      return asks.find(`a${index}`)?.ask.deadline
    })
    expect(deadlines).toEqual([106, 107, 107, 107])
  })
})

const moves = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('open' as const),
      task: fc.constantFrom('t', 'u'),
      deadlineMs: fc.option(fc.nat({ max: 50 }), { nil: undefined }),
    }),
    fc.record({ do: fc.constant('resolve' as const), at: fc.nat(), undo: fc.boolean() }),
    fc.record({ do: fc.constant('drop' as const), at: fc.nat() }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 20 }) }),
  ),
  { maxLength: 60 },
)
type Move = typeof moves extends fc.Arbitrary<(infer One)[]> ? One : never

interface PlainAsk {
  readonly id: string
  readonly task: string
  readonly deadline: number | undefined
}

const perTask = 5

/** Does the same to both; what the asks said to it, and what they should have. */
function step(asks: Asks, plain: PlainAsk[], move: Move, id: string, now: number): [unknown, unknown] {
  if (move.do === 'wait') return [0, 0]
  if (move.do === 'open') {
    const { task, deadlineMs } = move
    const asked = deadlineMs === undefined ? question : { ...question, deadlineMs }
    const opened = 'ask' in asks.open(task, id, asked, id, now)
    const fits = plain.filter((one) => one.task === task).length < perTask
    if (fits) plain.push({ id, task, deadline: deadlineMs === undefined ? undefined : now + deadlineMs })
    return [opened, fits]
  }
  const at = move.at % Math.max(1, plain.length)
  const [meant] = plain.splice(at, 1)
  if (move.do === 'drop') return [asks.drop(meant?.id ?? 'none'), undefined]
  const undo = asks.resolve(meant?.id ?? 'none', { outcome: 'answered', by: id })
  const again = asks.resolve(meant?.id ?? 'none', { outcome: 'answered' })
  if (move.undo && meant !== undefined) {
    undo?.()
    plain.splice(at, 0, meant)
  }
  return [
    [undo !== undefined, again],
    [meant !== undefined, undefined],
  ]
}

test('whatever is opened, ended, undone and dropped: the same are open as in a plain list', () => {
  fc.assert(
    fc.property(moves, (all) => {
      const asks = some({ asksPerTaskMax: perTask })
      const plain: PlainAsk[] = []
      let now = 0
      for (const [n, move] of all.entries()) {
        if (move.do === 'wait') now += move.ms
        const [said, expected] = step(asks, plain, move, `a${n}`, now)
        expect(said).toEqual(expected)
        for (const task of ['t', 'u']) {
          expect(ids(asks, task)).toEqual(plain.filter((one) => one.task === task).map(({ id }) => id))
        }
        const deadlines = plain.flatMap(({ deadline }) => deadline ?? [])
        expect(asks.nextDeadline).toBe(deadlines.length === 0 ? undefined : Math.min(...deadlines))
        expect(
          asks
            .due(now)
            .map(({ ask }) => ask.id)
            .toSorted(),
        ).toEqual(plain.flatMap(({ id, deadline = Infinity }) => (deadline <= now ? [id] : [])).toSorted())
        expect(asks.count).toBe(plain.length)
      }
    }),
    { numRuns: 300 },
  )
})
