import { expect, test } from 'vitest'
import { commandNames } from '../../src/wire/commands.ts'
import { limits } from '../../src/limits.ts'
import { nearest } from '../../src/wire/nearest.ts'

test('a misspelt name finds the one that was meant', () => {
  expect(nearest('StartTask', commandNames)).toBe('StartNewTask')
  expect(nearest('listtasks', commandNames)).toBe('ListTasks')
  expect(nearest('CancelTsk', commandNames)).toBe('CancelTask')
})

test('a name far from all, or a long one, finds none', () => {
  expect(nearest('Teleport', commandNames)).toBeUndefined()
  expect(nearest('', commandNames)).toBeUndefined()
  expect(nearest('x'.repeat(1_000_000), commandNames)).toBeUndefined()
})

// bound: comparedNameCharsMax
test('a name is compared up to its bound, and one past it is not', () => {
  const known = ['x'.repeat(limits.comparedNameCharsMax)]
  const misspelt = `y${'x'.repeat(limits.comparedNameCharsMax - 1)}`
  expect([nearest(misspelt, known), nearest(`${misspelt}x`, known)]).toEqual([known[0], undefined])
})
