/** An agent's tool calls, as asks, outputs and counts of its task. */
import { describe, expect, test } from 'vitest'
import { trialUpdates } from './trial-updates.ts'

describe('tool calls', () => {
  const read = {
    sessionUpdate: 'tool_call',
    toolCallId: 'c1',
    title: 'Reading',
    kind: 'read',
    status: 'pending',
    locations: [{ path: '/project/src/a.ts' }],
  }

  test('reading is ask:tool with a path inside the directory, open until it has ended, and counts once', () => {
    const { take, said, updates } = trialUpdates()
    take(read)
    take({ sessionUpdate: 'tool_call_update', toolCallId: 'c1', status: 'completed' })
    expect(said().map(([action, { ts, ask, partial }]) => [action, ts, ask, partial])).toEqual([
      ['created', 1, 'tool', true],
      ['updated', 1, 'tool', false],
    ])
    expect(JSON.parse(said()[1]?.[1].text ?? '')).toEqual({
      tool: 'readFile',
      path: 'src/a.ts',
      title: 'Reading',
      status: 'completed',
    })
    expect(updates.usage.tools).toEqual({ read_file: { attempts: 1, failures: 0 } })
  })

  test.each([
    ['read', 'ask:tool', 'readFile', 'read_file'],
    ['edit', 'ask:tool', 'editedExistingFile', 'apply_diff'],
    ['delete', 'ask:tool', 'deleteFile', 'delete_file'],
    ['move', 'ask:tool', 'moveFile', 'move_file'],
    ['search', 'ask:tool', 'searchFiles', 'search_files'],
    ['think', 'say:tool', 'think', 'think'],
    ['fetch', 'say:tool', 'fetch', 'fetch'],
    ['switch_mode', 'say:tool', 'switchMode', 'switch_mode'],
    ['other', 'say:tool', 'other', 'custom_tool'],
    ['from the future', 'say:tool', 'other', 'custom_tool'],
    ['__proto__', 'say:tool', 'other', 'custom_tool'],
  ])('of kind %s are %s', (kind, as, shown, counted) => {
    const { take, said, updates } = trialUpdates()
    take({ sessionUpdate: 'tool_call', toolCallId: '1', title: 'T', kind, status: 'completed' })
    const message = said()[0]?.[1]
    expect(`${message?.type}:${message?.say ?? message?.ask}`).toBe(as)
    expect(JSON.parse(message?.text ?? '{}')).toMatchObject({ tool: shown, title: 'T' })
    expect(Object.keys(updates.usage.tools)).toEqual([counted])
  })

  test('a command is ask:command with its line, and its output follows', () => {
    const { take, said, updates } = trialUpdates()
    take({
      sessionUpdate: 'tool_call',
      toolCallId: '1',
      title: 'Run tests',
      kind: 'execute',
      rawInput: { command: 'npm test' },
    })
    take({
      sessionUpdate: 'tool_call_update',
      toolCallId: '1',
      status: 'completed',
      content: [{ type: 'content', content: { type: 'text', text: 'ok 3' } }],
    })
    expect(said().map(([, { ts, say, ask, text }]) => [ts, say ?? ask, text])).toEqual([
      [1, 'command', 'npm test'],
      [1, 'command', 'npm test'],
      [2, 'command_output', 'ok 3'],
    ])
    expect(updates.usage.tools).toEqual({ execute_command: { attempts: 1, failures: 0 } })
  })

  test.each([
    [{ title: 'mcp__github__list_issues', rawInput: { repo: 'a' } }],
    [{ title: 'List', name: 'mcp__github__list_issues', rawInput: { repo: 'a' } }],
    [
      {
        title: 'List',
        _meta: { claudeCode: { toolName: 'mcp__github__list_issues' } },
        rawInput: { repo: 'a' },
      },
    ],
    [{ title: 'List', rawInput: { server: 'github', tool: 'list_issues', arguments: { repo: 'a' } } }],
  ])('a tool of an MCP server is ask:use_mcp_server: %j', (fields) => {
    const { take, said, updates } = trialUpdates()
    take({
      sessionUpdate: 'tool_call',
      toolCallId: '1',
      kind: 'other',
      status: 'completed',
      rawOutput: 'two',
      ...fields,
    })
    const [asked, answered] = said().map(([, message]) => message)
    expect(asked?.ask).toBe('use_mcp_server')
    expect(JSON.parse(asked?.text ?? '')).toEqual({
      type: 'use_mcp_tool',
      serverName: 'github',
      toolName: 'list_issues',
      arguments: '{"repo":"a"}',
    })
    expect([answered?.say, answered?.text]).toEqual(['mcp_server_response', 'two'])
    expect(updates.usage.tools).toEqual({ use_mcp_tool: { attempts: 1, failures: 0 } })
  })

  test('a failed one is told by taskToolFailed and counted', () => {
    const { take, events, updates } = trialUpdates()
    take(read, {
      sessionUpdate: 'tool_call_update',
      toolCallId: 'c1',
      status: 'failed',
      content: [{ type: 'content', content: { type: 'text', text: 'no such file' } }],
    })
    expect(events().at(-1)).toEqual({
      eventName: 'taskToolFailed',
      payload: ['t1', 'read_file', 'no such file'],
    })
    expect(updates.usage.tools).toEqual({ read_file: { attempts: 1, failures: 1 } })
  })

  test('a change is shown as a patch, a new file as one that was created', () => {
    const { take, said } = trialUpdates()
    const diff = (oldText: string | null) => ({
      sessionUpdate: 'tool_call',
      toolCallId: String(oldText),
      title: 'Edit',
      kind: 'edit',
      status: 'completed',
      content: [{ type: 'diff', path: '/project/a.txt', oldText, newText: '1\n2\nthree\n4\n' }],
    })
    take(diff('1\n2\n3\n4\n'), diff(null))
    const [edited, created] = said().map(([, { text }]) => JSON.parse(text ?? ''))
    expect(edited).toMatchObject({
      tool: 'editedExistingFile',
      path: 'a.txt',
      diff: '--- a.txt\n+++ a.txt\n@@ -1,4 +1,4 @@\n 1\n 2\n-3\n+three\n 4\n',
    })
    expect(created).toMatchObject({
      tool: 'newFileCreated',
      content: '--- /dev/null\n+++ a.txt\n@@ -0,0 +1,4 @@\n+1\n+2\n+three\n+4\n',
    })
  })

  test('one that is still open when the turn ends is closed', () => {
    const { take, said, updates } = trialUpdates()
    take(read)
    updates.endTurn()
    expect(said().at(-1)?.[1].partial).toBe(false)
  })

  test('one that somebody is asked about keeps its message, complete from then on', () => {
    const { take, said, updates } = trialUpdates()
    take({ ...read, kind: 'think' })
    expect(updates.calls.asked({ toolCallId: 'c1', title: 'May I?' })).toMatchObject({
      action: 'updated',
      message: { ts: 1, type: 'ask', ask: 'tool', partial: false, text: expect.stringContaining('May I?') },
    })
    expect(updates.calls.asked({ toolCallId: 'c2', title: 'Run', kind: 'execute' })).toMatchObject({
      action: 'created',
      message: { ts: 2, type: 'ask', ask: 'command', text: 'Run', partial: false },
    })
    // An agent need not say again what it is about.
    expect(['c1', 'c2', 'c3'].map((toolCallId) => updates.calls.titleOf({ toolCallId }))).toEqual([
      'May I?',
      'Run',
      'a tool',
    ])
    take({ sessionUpdate: 'tool_call_update', toolCallId: 'c2', status: 'completed' })
    expect(said().at(-1)).toMatchObject(['updated', { ts: 2, partial: false }])
    expect(updates.usage.tools).toMatchObject({ execute_command: { attempts: 1 } })
  })

  // bound: agentToolCallsKnown
  test('beyond those that are known the one not heard of for longest is closed and forgotten', () => {
    const { take, said } = trialUpdates({ agentToolCallsKnown: 2 })
    for (const toolCallId of ['1', '2']) take({ ...read, toolCallId })
    expect(said().some(([, { partial }]) => partial === false)).toBe(false)
    take({ ...read, toolCallId: '3' })
    expect(
      said()
        .filter(([, { partial }]) => partial === false)
        .map(([, { ts }]) => ts),
    ).toEqual([1])
    take({ sessionUpdate: 'tool_call_update', toolCallId: '2', status: 'completed' })
    expect(said().at(-1)?.[1]).toMatchObject({ ts: 2, partial: false })
  })

  // bound: agentToolCharsMax
  test('their input and output are cut at the bound', () => {
    const { take, said } = trialUpdates({ agentToolCharsMax: 100 })
    const command = (length: number, id: string) => ({
      sessionUpdate: 'tool_call',
      toolCallId: id,
      kind: 'execute',
      title: 'x',
      rawInput: { command: 'c'.repeat(length) },
      rawOutput: 'o'.repeat(length),
      status: 'completed',
    })
    take(command(100, '1'))
    expect(said()[0]?.[1].text).toBe('c'.repeat(100))
    take(command(101, '2'))
    expect(
      said()
        .slice(2)
        .map(([, { text }]) => text),
    ).toEqual([`${'c'.repeat(99)}…`, expect.stringMatching(/^o+…$/)])
  })
})
