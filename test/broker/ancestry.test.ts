import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { outermost } from '../../src/broker/ancestry.ts'

const parents = new Map([
  ['child', 'parent'],
  ['sibling', 'parent'],
  ['grandchild', 'child'],
  ['orphan', 'forgotten'],
  ['itself', 'itself'],
])
const of = (task: string): string => outermost(task, (one) => parents.get(one))

test('all that runs in one outermost task has it in common', () => {
  expect(['parent', 'child', 'sibling', 'grandchild'].map(of)).toEqual([
    'parent',
    'parent',
    'parent',
    'parent',
  ])
  expect(of('stranger')).toBe('stranger')
})

test('a parent that is known no more is the outermost, and a circle ends', () => {
  expect([of('orphan'), of('itself')]).toEqual(['forgotten', 'itself'])
})

// bound: ancestorsMax
test('as many levels are climbed as may be, and not one more', () => {
  const climbed = (levels: number): string =>
    outermost('0', (task) => (Number(task) < levels ? String(Number(task) + 1) : undefined))
  const max = limits.ancestorsMax
  expect([max - 1, max, max + 1].map(climbed)).toEqual([String(max - 1), String(max), String(max)])
})
