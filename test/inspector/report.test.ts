import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { taskCommandSchema } from '../../src/wire/commands.ts'

const isTaken = (data: object) => taskCommandSchema.safeParse({ commandName: 'ReportActors', data }).success
const move = (more: object) => ({ machine: 'm', actor: 'a', at: 1, event: 'e', from: 'x', to: 'y', ...more })
const times = <T>(count: number, one: T) => Array.from({ length: count }, () => one)

// bound: inspectedMachinesMax, inspectedChartCharsMax
test('a report brings a bounded number of machines with bounded charts', () => {
  const machine = (chars: number) => ({ name: 'm', chart: 'x'.repeat(chars) })
  const { inspectedMachinesMax: count, inspectedChartCharsMax: chars } = limits
  expect(isTaken({ namespace: 'p', machines: times(count, machine(1)) })).toBe(true)
  expect(isTaken({ namespace: 'p', machines: times(count + 1, machine(1)) })).toBe(false)
  expect(isTaken({ namespace: 'p', machines: [machine(chars)] })).toBe(true)
  expect(isTaken({ namespace: 'p', machines: [machine(chars + 1)] })).toBe(false)
})

// bound: inspectedMovesMax
test('a report brings a bounded number of moves', () => {
  expect(isTaken({ namespace: 'p', moves: times(limits.inspectedMovesMax, move({})) })).toBe(true)
  expect(isTaken({ namespace: 'p', moves: times(limits.inspectedMovesMax + 1, move({})) })).toBe(false)
})

// bound: inspectedNameCharsMax, inspectedContextCharsMax
test('names and contexts in a report are bounded', () => {
  const { inspectedNameCharsMax: name, inspectedContextCharsMax: context } = limits
  for (const key of ['machine', 'actor', 'event', 'from', 'to']) {
    expect(isTaken({ namespace: 'p', moves: [move({ [key]: 'x'.repeat(name) })] })).toBe(true)
    expect(isTaken({ namespace: 'p', moves: [move({ [key]: 'x'.repeat(name + 1) })] })).toBe(false)
  }
  expect(isTaken({ namespace: 'x'.repeat(name) })).toBe(true)
  expect(isTaken({ namespace: 'x'.repeat(name + 1) })).toBe(false)
  expect(isTaken({ namespace: 'p', moves: [move({ context: 'x'.repeat(context) })] })).toBe(true)
  expect(isTaken({ namespace: 'p', moves: [move({ context: 'x'.repeat(context + 1) })] })).toBe(false)
})
