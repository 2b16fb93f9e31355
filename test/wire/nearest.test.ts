import { expect, test } from 'vitest'
import { commandNames } from '../../src/wire/commands.ts'
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
