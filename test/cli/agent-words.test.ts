/** What an agent says, as `run` shows it. */
import { expect, test } from 'vitest'
import { AgentWords } from '../../src/cli/agent-words.ts'
import type { TaskMessage } from '../../src/wire/events.ts'

function shown(...messages: TaskMessage[]): { out: string; err: string } {
  const words = new AgentWords()
  const all = [...messages.flatMap((message) => words.fresh(message)), ...words.end()]
  const of = (to: string): string => all.flatMap((one) => (one.to === to ? [one.text] : [])).join('')
  return { out: of('stdout'), err: of('stderr') }
}

const say = (ts: number, text: string, more: Partial<TaskMessage> = {}): TaskMessage => ({
  ts,
  type: 'say',
  say: 'text',
  text,
  ...more,
})

test('its words come as they grow, each once, a line end between messages and at the end', () => {
  expect(
    shown(
      say(1, 'I', { partial: true }),
      say(1, 'I will', { partial: true }),
      say(1, 'I will', { partial: false }),
      say(2, 'Done.\n', { partial: false }),
      say(2, 'Done.\n', { say: 'completion_result', partial: false }),
    ),
  ).toEqual({ out: 'I will\nDone.\n', err: '' })
})

test('what it does is a line on stderr, once it is known', () => {
  const tool = (ts: number, value: object, more: Partial<TaskMessage> = {}): TaskMessage => ({
    ts,
    type: 'ask',
    ask: 'tool',
    text: JSON.stringify(value),
    ...more,
  })
  expect(
    shown(
      say(1, 'First', { partial: true }),
      tool(2, { tool: 'readFile', title: 'Read', path: 'a.ts' }, { partial: true }),
      tool(2, { tool: 'readFile', title: 'Read', path: 'a.ts' }, { partial: false }),
      tool(2, { tool: 'readFile', title: 'Read', path: 'a.ts' }, { partial: false }),
      { ts: 3, type: 'ask', ask: 'command', text: 'npm test\nrm x', partial: false },
      tool(4, { type: 'use_mcp_tool', serverName: 'git', toolName: 'log' }, { ask: 'use_mcp_server' }),
      tool(
        5,
        {
          todos: [
            { content: 'a', status: 'completed' },
            { content: 'b', status: 'in_progress' },
          ],
        },
        { type: 'say', say: 'user_edit_todos', ask: undefined },
      ),
      say(6, '/etc/passwd', { say: 'rooignore_error' }),
      say(7, 'hm', { say: 'reasoning' }),
    ),
  ).toEqual({
    out: 'First\n',
    err: '* Read (a.ts)\n$ npm test rm x\n* git: log\n* plan: 1 of 2 done, now: b\n! kept from /etc/passwd\n',
  })
})

test('nothing in it moves the cursor', () => {
  expect(shown(say(1, '\u001b[2Jhi\u0007\n\u202e'))).toEqual({ out: 'hi\ufffd\n\ufffd\n', err: '' })
})
