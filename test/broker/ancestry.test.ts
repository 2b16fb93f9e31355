import { expect, test } from 'vitest'
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
