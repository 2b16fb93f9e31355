import { expect, test } from 'vitest'
import { checkCommand } from '../../src/runners/command-check.ts'
import type { CommandLimits } from '../../src/runners/command-check.ts'
import { runEnvironment } from '../../src/runners/environment.ts'
import { taskOf } from './recorded-run.ts'
import type { CallboardConfiguration } from '../../src/wire/commands.ts'

const wide = { commandArgsMax: 100, commandBytesMax: 10_000, commandArgBytesMax: 1_000 }

function refusal(configuration: CallboardConfiguration, limits: Partial<CommandLimits> = {}): string {
  const outcome = checkCommand(taskOf(configuration), {}, { ...wide, ...limits })
  return outcome.ok ? 'taken' : outcome.error.message
}

// bound: commandArgsMax
test('a command has as many arguments as it may, and none more', () => {
  expect(refusal({ command: ['a', 'b', 'c'] }, { commandArgsMax: 3 })).toBe('taken')
  expect(refusal({ command: ['a', 'b', 'c', 'd'] }, { commandArgsMax: 3 })).toMatch(/at most 3 are taken$/)
})

// bound: commandArgBytesMax
test('one argument, or one variable with its name, has as many bytes as it may, its NUL among them', () => {
  const limits = { commandArgBytesMax: 200 }
  expect(refusal({ command: ['a', 'é'.repeat(99)] }, limits)).toBe('taken')
  expect(refusal({ command: ['a', `${'é'.repeat(99)}xx`] }, limits)).toMatch(/command\.1 has 201 bytes/)
  expect(refusal({ command: ['a'], env: { AB: 'x'.repeat(196) } }, limits)).toBe('taken')
  expect(refusal({ command: ['a'], env: { AB: 'x'.repeat(197) } }, limits)).toMatch(/variable has 201 bytes/)
})

// bound: commandBytesMax
test('arguments and environment together have as many bytes as they may, and none more', () => {
  const configuration = { command: ['prog', 'x'.repeat(95)], env: { A: 'b' } }
  const environment = Object.entries(runEnvironment(taskOf(configuration), {}))
  const bytes = environment.reduce((sum, [name, value]) => sum + `${name}=${value}`.length + 1, 5 + 96)
  expect(refusal(configuration, { commandBytesMax: bytes })).toBe('taken')
  expect(refusal(configuration, { commandBytesMax: bytes - 1 })).toMatch(`have ${bytes} bytes; at most`)
})
