/** What an agent says, as `run` shows it. */
import { expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
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

// bound: patchLinesMax
test('a change of a file is shown with its patch, of a long one the start', () => {
  const edit = (ts: number, diff: string): TaskMessage => {
    const text = JSON.stringify({ tool: 'editedExistingFile', title: 'Edit a.ts', path: 'a.ts', diff })
    return { ts, type: 'ask', ask: 'tool', text, partial: false }
  }
  const head = '--- a.ts\n+++ a.ts\n'
  const whole = Array.from({ length: limits.patchLinesMax }, (_, index) => `+${index}`)
  const long = `${whole.join('\n')}\n`
  expect(
    shown(
      edit(1, `${head}@@ -1,1 +1,1 @@\n-one\n+two\n`),
      edit(2, `${head}${long}`),
      edit(3, `${head}${long}+past it\n`),
    ).err.split('\n'),
  ).toEqual([
    '* Edit a.ts',
    '  @@ -1,1 +1,1 @@',
    '  -one',
    '  +two',
    '* Edit a.ts',
    ...whole.map((line) => `  ${line}`),
    '* Edit a.ts',
    ...whole.map((line) => `  ${line}`),
    '  … 1 more lines',
    '',
  ])
})

test('a message does not begin with line ends, or with the space after a tool', () => {
  const grown = ['\n', '\n\n', '\n\nI will', '\n\nI will look'].map((text) => say(1, text, { partial: true }))
  expect(shown(...grown, say(2, ' '), say(2, ' Now'), say(3, '    indented'))).toEqual({
    out: 'I will look\nNow\n    indented\n',
    err: '',
  })
})

test('a failed tool and another mode are lines, and output is ended before them', () => {
  const words = new AgentWords()
  const all = [
    ...words.fresh(say(1, 'I try')),
    ...words.output(Buffer.from('half a ')),
    ...words.output(Buffer.from('line')),
    ...words.freshEvent({ eventName: 'taskToolFailed', payload: ['t', 'read_file', 'no such\nfile'] }),
    ...words.freshEvent({ eventName: 'taskModeSwitched', payload: ['t', 'code'] }),
    ...words.end(),
  ]
  expect(all.map(({ text, to }) => `${to}: ${text}`)).toEqual([
    'stdout: I try',
    'stdout: \n',
    'stderr: \n',
    'stderr: ! read_file failed: no such file\n',
    'stderr: * mode: code\n',
  ])
})

// bound: toolFailureCharsMax
test('why a tool failed is shown up to its bound', () => {
  const why = 'x'.repeat(limits.toolFailureCharsMax)
  const shownOf = (text: string) =>
    new AgentWords().freshEvent({ eventName: 'taskToolFailed', payload: ['t', 'read', text] }).at(-1)?.text
  expect([shownOf(why), shownOf(`${why}y`)]).toEqual([`! read failed: ${why}\n`, `! read failed: ${why}\n`])
})

test('nothing in it moves the cursor', () => {
  expect(shown(say(1, '\u001b[2Jhi\u0007\n\u202e'))).toEqual({ out: 'hi\ufffd\n\ufffd\n', err: '' })
})
