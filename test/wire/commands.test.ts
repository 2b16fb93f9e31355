import { expect, test } from 'vitest'
import { parseCallboardConfiguration } from '../../src/wire/commands.ts'

function message(value: unknown): string {
  const outcome = parseCallboardConfiguration(value)
  return outcome.ok ? 'accepted' : outcome.error.message
}

test('a whole configuration is taken, and none is an empty one', () => {
  const whole = { profile: 'p', command: ['sh', '-c', ':'], cwd: '/', env: { A: 'b' }, stdin: 'text' }
  expect(parseCallboardConfiguration(whole)).toEqual({ ok: true, value: whole })
  expect(parseCallboardConfiguration(undefined)).toEqual({ ok: true, value: {} })
})

test('a misspelt key is refused with the one that was meant, an odd one with all there are', () => {
  expect(message({ comand: ['x'] })).toBe(
    'configuration.callboard: unknown key "comand"; did you mean "command"?',
  )
  expect(message({ shellScript: 1 })).toMatch(/known are profile, command, cwd, env, stdin, replay, speed$/)
})

test('a wrong value is refused with its place', () => {
  expect(message({ command: 'ls' })).toMatch(/^configuration\.callboard\.command: expected an array/)
  expect(message({ command: [] })).toMatch(/expected at least the program/)
  expect(message({ command: Array(10_001).fill('x') })).toMatch(/at most 10000/)
  expect(message({ env: { A: 1 } })).toBe('configuration.callboard.env: expected an object of strings')
  expect(message({ env: JSON.parse('{"__proto__":"x"}') })).toMatch(/env: expected/)
  expect(message({ stdin: 'pipe' })).toMatch(/^configuration\.callboard\.stdin: /)
  expect(message([])).toMatch(/^configuration\.callboard: /)
})
