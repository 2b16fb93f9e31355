/** The sentences by which an agent's failure is told. */
import { describe, expect, test } from 'vitest'
import {
  AgentFailure,
  died,
  errorAnswer,
  notLoggedIn,
  withLastWords,
} from '../../../src/runners/acp/failure.ts'

const answered = (message: string, data?: unknown): Error =>
  Object.assign(new Error(message), { code: -32_603, data })
const told = (error: Error): string => withLastWords(error, 'a log line\n', 'Welcome!')

describe('an error that the agent answered with', () => {
  test.each([
    ['no such model', '"no such model"'],
    ['"no such model"', '"no such model"'],
    ['no model "x"', `'no model "x"'`],
    [`it's no model "x"`, `"it's no model 'x'"`],
    ['red \u001b[31mtext', '"red \\u{1b}[31mtext"'],
  ])('is quoted in marks that do not stand in it: %j', (message, quoted) => {
    expect(errorAnswer(answered(message), 'session/new').message).toBe(
      `The agent answered session/new with an error: ${quoted}, code -32603.`,
    )
  })

  test('that says why is told without what the agent logged', () => {
    expect(told(errorAnswer(answered('no such model'), 'session/new'))).not.toContain('log line')
    expect(told(errorAnswer(answered('Internal error', { details: 'no credit' }), 'x'))).toBe(
      'The agent answered x with an error: "Internal error"; "no credit", code -32603.',
    )
  })

  test.each(['Internal error', 'invalid params', ''])('that says nothing (%j) is told with it', (message) => {
    expect(told(errorAnswer(answered(message), 'x'))).toMatch(/"Welcome!"\. It last wrote: "a log line"\.$/)
  })
})

test('a missing login is one sentence about how to log in, with what the agent says of it', () => {
  const methods = { authMethods: [{ id: 'key', description: 'Set AGENT_KEY' }] }
  const bare = notLoggedIn(answered('Authentication required'), {}, 'run `agent login`')
  expect(told(bare)).toBe('The agent wants a login first (-32000). Log in: run `agent login`.')
  expect(told(notLoggedIn(answered('Your token has expired'), methods, undefined))).toBe(
    'The agent wants a login first (-32000): "Your token has expired". Log in with its own program; ' +
      'or set "authMethod" of its profile to one of its ways: "key" (Set AGENT_KEY).',
  )
})

test('an agent that died or fell silent is told with its last words', () => {
  expect(told(died({ code: 1, signal: null }, 'early'))).toContain('It last wrote: "a log line".')
  expect(told(new AgentFailure('It has no such mode.'))).toBe('It has no such mode.')
})
