import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Turns } from '../../src/broker/turns.ts'
import type { Turn } from '../../src/broker/turns.ts'

function turnsOf(...waiting: readonly [id: string, client: string, priority?: number][]): Turns<Turn> {
  const turns = new Turns<Turn>()
  for (const [id, client, priority = 0] of waiting) turns.add({ id, client, priority })
  return turns
}

const ids = (turns: Turns<Turn>): string[] => turns.inOrder().map(({ id }) => id)

/** Serves who is first until nobody waits. */
function served(turns: Turns<Turn>): string[] {
  const order: string[] = []
  for (let first = ids(turns)[0]; first !== undefined; first = ids(turns)[0]) {
    order.push(first)
    turns.serve(first)
  }
  return order
}

test('one client is served in the order of arrival', () => {
  expect(ids(turnsOf(['a', 'x'], ['b', 'x'], ['c', 'x']))).toEqual(['a', 'b', 'c'])
})

test('clients take turns, whoever came with more', () => {
  const turns = turnsOf(['a1', 'a'], ['a2', 'a'], ['a3', 'a'], ['b1', 'b'], ['c1', 'c'], ['b2', 'b'])
  expect(ids(turns)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
})

test('who comes to a hundred of one client is next', () => {
  const turns = new Turns<Turn>()
  for (let n = 0; n < 100; n++) turns.add({ id: `a${n}`, client: 'a', priority: 0 })
  for (let n = 0; n < 10; n++) turns.serve(`a${n}`)
  turns.add({ id: 'b', client: 'b', priority: 0 })
  expect(turns.place('b')).toBe(2)
})

test('a higher priority goes first, a lower one last, whoever waits longer', () => {
  const turns = turnsOf(['low', 'a', -10], ['one', 'a'], ['high', 'a', 10], ['two', 'b'])
  expect(ids(turns)).toEqual(['high', 'one', 'two', 'low'])
})

test('one that is put back stands where it stood', () => {
  const turns = turnsOf(['a1', 'a'], ['b1', 'b'], ['a2', 'a'])
  const before = ids(turns)
  turns.serve('a1')?.()
  expect(ids(turns)).toEqual(before)
})

test('one that is withdrawn waits no more, and stands where it stood when it is put back', () => {
  const turns = new Turns<Turn>()
  for (const id of ['a', 'b', 'c']) turns.add({ id, client: 'one', priority: 0 })
  turns.add({ id: 'x', client: 'other', priority: 0 })
  const before = ids(turns)
  const putBack = turns.withdraw('b')
  expect([ids(turns), turns.place('b'), turns.size]).toEqual([
    before.filter((id) => id !== 'b'),
    undefined,
    3,
  ])
  putBack?.()
  expect(ids(turns)).toEqual(before)
  expect(turns.withdraw('nobody')).toBe(undefined)
})

test('an id that nobody waits by has no place and cannot be served or removed', () => {
  const turns = turnsOf(['a', 'x'])
  expect([turns.place('b'), turns.serve('b'), turns.remove('b'), turns.size]).toEqual([
    undefined,
    undefined,
    false,
    1,
  ])
})

const clients = fc.constantFrom('a', 'b', 'c', 'd')
const priorities = fc.integer({ min: -1, max: 1 })
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('add' as const), client: clients, priority: priorities }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('serve' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('serveAndPutBack' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdrawAndPutBack' as const), at: fc.nat() }) },
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

function played(steps: readonly Step[]): Turns<Turn> {
  const turns = new Turns<Turn>()
  let next = 0
  for (const one of steps) {
    if (one.do === 'add') turns.add({ id: `t${next++}`, client: one.client, priority: one.priority })
    else {
      const waiting = ids(turns)
      const id = waiting[one.at % Math.max(1, waiting.length)] ?? 'none'
      if (one.do === 'remove') turns.remove(id)
      if (one.do === 'serve') turns.serve(id)
      if (one.do === 'serveAndPutBack') turns.serve(id)?.()
      if (one.do === 'withdrawAndPutBack') turns.withdraw(id)?.()
    }
  }
  return turns
}

test('the places told are the order in which all are served, whatever was added, served or removed before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const turns = played(steps)
      const told = ids(turns)
      expect(told.map((id) => turns.place(id))).toEqual(told.map((_, index) => index + 1))
      expect(served(turns)).toEqual(told)
    }),
  )
})

test('whoever is withdrawn and put back, at any time: the order is what it was', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, at) => {
      const turns = played(steps)
      const before = ids(turns)
      turns.withdraw(before[at % Math.max(1, before.length)] ?? 'nobody')?.()
      expect(ids(turns)).toEqual(before)
    }),
  )
})

const past = fc.array(fc.record({ client: clients, serve: fc.boolean() }), { minLength: 1, maxLength: 60 })

/** A queue with a past, in which `patient` waits now. */
function withPatient(client: string, before: readonly { client: string; serve: boolean }[]): Turns<Turn> {
  const turns = new Turns<Turn>()
  for (const [n, one] of before.entries()) {
    turns.add({ id: `t${n}`, client: one.client, priority: 0 })
    if (one.serve) turns.serve(ids(turns)[0] ?? '')
  }
  turns.add({ id: 'patient', client, priority: 0 })
  return turns
}

/** How many are served before it while `flood` clients that were never seen before come each time. */
function servedBefore(turns: Turns<Turn>, flood: number): number {
  let came = 0
  for (let passed = 0; passed < 5_000; passed++) {
    const first = ids(turns)[0] ?? ''
    if (first === 'patient') return passed
    turns.serve(first)
    for (let n = 0; n < flood; n++) turns.add({ id: `new${came}`, client: `new${came++}`, priority: 0 })
  }
  return Infinity
}

test("nobody who comes later overtakes a client's first one, however many new clients come", () => {
  fc.assert(
    fc.property(past, fc.integer({ min: 1, max: 5 }), (before, flood) => {
      const turns = withPatient('patient', before)
      const ahead = (turns.place('patient') ?? 0) - 1
      expect(servedBefore(turns, flood)).toBe(ahead)
    }),
  )
})

test("a client's last one is served too, though for each that is served a new client comes", () => {
  fc.assert(
    fc.property(past, clients, (before, client) => {
      const turns = withPatient(client, before)
      const { size } = turns
      expect(servedBefore(turns, 1)).toBeLessThan(size * (size + 1))
    }),
  )
})
