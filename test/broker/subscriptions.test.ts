import fc from 'fast-check'
import { expect, test } from 'vitest'
import { everything, subscriptionFilter } from '../../src/broker/subscriptions.ts'
import { cpuMs } from '../wire/cpu-time.ts'

test('no wish at all is everything', () => {
  expect(subscriptionFilter({})).toBe(everything)
  expect(everything.matches('any', 'thing')).toBe(true)
})

test('tasks and names are both to be matched', () => {
  const filter = subscriptionFilter({ tasks: ['a', 'b'], events: ['task*', 'message'] })
  expect(filter.matches('a', 'taskStarted')).toBe(true)
  expect(filter.matches('b', 'message')).toBe(true)
  expect(filter.matches('c', 'message')).toBe(false)
  expect(filter.matches('a', 'queuedMessagesUpdated')).toBe(false)
})

test('an empty list wants nothing', () => {
  expect(subscriptionFilter({ tasks: [] }).matches('a', 'message')).toBe(false)
  expect(subscriptionFilter({ events: [] }).matches('a', 'message')).toBe(false)
})

test('equal wishes have equal keys, whatever their order, and different wishes different ones', () => {
  const key = (wish: Parameters<typeof subscriptionFilter>[0]): string => subscriptionFilter(wish).key
  expect(key({ tasks: ['b', 'a'], events: ['y', 'x'] })).toBe(key({ tasks: ['a', 'b'], events: ['x', 'y'] }))
  const others = [
    {},
    { tasks: [] },
    { events: [] },
    { tasks: ['*'] },
    { events: ['*'] },
    { tasks: ['a', 'b'] },
    { tasks: ['a","b'] },
    { tasks: ['a b'] },
    { tasks: ['a'], events: ['b'] },
    { events: ['a', 'b'] },
  ]
  expect(new Set(others.map(key)).size).toBe(others.length)
})

/** The same by a regular expression, which may backtrack. */
function naive(glob: string, name: string): boolean {
  const pattern = glob.split('*').map((part) => part.replaceAll(/[^a-z]/g, String.raw`\$&`))
  return new RegExp(`^${pattern.join('.*')}$`).test(name)
}

test('a star stands for any characters, and for none', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
  const names = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 })
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 3 }), names, (globs, name) => {
      const filter = subscriptionFilter({ events: globs })
      expect(filter.matches('t', name)).toBe(globs.some((glob) => naive(glob, name)))
    }),
    { numRuns: 2_000 },
  )
})

test('no glob makes matching slow', () => {
  const filter = subscriptionFilter({ events: [`${'a*'.repeat(31)}b`] })
  const name = 'a'.repeat(50_000)
  expect(cpuMs(() => expect(filter.matches('t', name)).toBe(false))).toBeLessThan(1_000)
})

test("a session's own tasks limit whatever it asks for, and may grow while it listens", () => {
  const tasks = new Set(['mine'])
  const own = { key: '7', tasks }
  const all = subscriptionFilter({}, own)
  const some = subscriptionFilter({ tasks: ['mine', 'other'] }, own)
  expect(['mine', 'other', 'later'].map((task) => all.matches(task, 'n'))).toEqual([true, false, false])
  expect(['mine', 'other'].map((task) => some.matches(task, 'n'))).toEqual([true, false])
  tasks.add('later')
  expect(all.matches('later', 'n')).toBe(true)
  expect(some.matches('other', 'n')).toBe(false)
  tasks.add('other')
  expect(some.matches('other', 'n')).toBe(true)
  expect(all.key).not.toBe(everything.key)
  expect(subscriptionFilter({}, { key: '8', tasks }).key).not.toBe(all.key)
})
