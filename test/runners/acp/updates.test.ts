/** The mapping of an agent's updates, row by row. */
import { describe, expect, test } from 'vitest'
import { limits } from '../../../src/limits.ts'
import { chunk, trialUpdates } from './trial-updates.ts'

describe('what an agent says', () => {
  test('gathers under one ts, open until something else comes, at most an update every 50 ms, the last one always', () => {
    const { take, said, clock, updates } = trialUpdates()
    take(chunk('one '))
    take(chunk('two '))
    take(chunk('three'))
    expect(said()).toEqual([['created', { ts: 1, type: 'say', say: 'text', text: 'one ', partial: true }]])
    clock.wind(limits.messageUpdateMs)
    expect(said().at(-1)).toEqual([
      'updated',
      { ts: 1, type: 'say', say: 'text', text: 'one two three', partial: true },
    ])
    take(chunk('!'))
    expect(updates.endTurn()).toEqual({ ts: 1, text: 'one two three!' })
    expect(said()).toHaveLength(3)
    expect(said().at(-1)).toEqual([
      'updated',
      { ts: 1, type: 'say', say: 'text', text: 'one two three!', partial: false },
    ])
    expect(clock.next).toBeUndefined()
  })

  test('thoughts are reasoning, and each kind ends the other', () => {
    const { take, said, updates } = trialUpdates()
    take(chunk('hm', 'agent_thought_chunk'), chunk('so', 'agent_thought_chunk'), chunk('Yes.'))
    updates.endTurn()
    expect(said().map(([action, { ts, say, text, partial }]) => [action, ts, say, text, partial])).toEqual([
      ['created', 1, 'reasoning', 'hm', true],
      ['updated', 1, 'reasoning', 'hmso', false],
      ['created', 2, 'text', 'Yes.', true],
      ['updated', 2, 'text', 'Yes.', false],
    ])
  })

  test('another message id of the agent begins another message', () => {
    const { take, said, updates } = trialUpdates()
    const [a, b] = [{ messageId: 'a' }, { messageId: 'b' }]
    take(chunk('1', undefined, a), chunk('2', undefined, a), chunk('3', undefined, b))
    updates.endTurn()
    expect(
      said()
        .filter(([, { partial }]) => partial === false)
        .map(([, { text }]) => text),
    ).toEqual(['12', '3'])
  })

  // bound: agentMessageChars
  test('rolls over into a new message at the bound, and no character is cut in two', () => {
    const { take, said, updates } = trialUpdates({ agentMessageChars: 8 })
    take(chunk('12345678'), chunk('1234567😀90'))
    expect(updates.endTurn()).toEqual({ ts: 3, text: '😀90' })
    const ended = said().filter(([, { partial }]) => partial === false)
    expect(ended.map(([, { ts, text }]) => [ts, text])).toEqual([
      [1, '12345678'],
      [2, '1234567'],
      [3, '😀90'],
    ])
  })

  test('an image is a message of its own; a link and an embedded text are words', () => {
    const { take, said, updates } = trialUpdates()
    take(
      chunk('look: '),
      {
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'image', mimeType: 'image/png', data: 'AAAA' },
      },
      {
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'resource_link', name: 'a.ts', uri: 'file:///a.ts' },
      },
      {
        sessionUpdate: 'agent_message_chunk',
        content: { type: 'resource', resource: { uri: 'x', text: ' inside' } },
      },
      { sessionUpdate: 'agent_message_chunk', content: { type: 'hologram' } },
    )
    updates.endTurn()
    const last = said().filter(([, { partial }]) => partial === false)
    expect(last.map(([, { say, text, images }]) => [say, text, images])).toEqual([
      ['text', 'look: ', undefined],
      ['image', '', ['data:image/png;base64,AAAA']],
      ['text', '[a.ts](file:///a.ts) inside[hologram]', undefined],
    ])
  })

  test('the prompt that an agent sends back is not told again', () => {
    const { take, events } = trialUpdates()
    take(chunk('hello', 'user_message_chunk'))
    expect(events()).toEqual([])
  })

  test('what comes after its words makes them no last ones', () => {
    const { take, updates } = trialUpdates()
    take(chunk('I will read.'), { sessionUpdate: 'tool_call', toolCallId: '1', title: 'Read', kind: 'read' })
    expect(updates.endTurn()).toBeUndefined()
  })
})

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

describe('everything else', () => {
  test('a plan is say:user_edit_todos', () => {
    const { take, said } = trialUpdates()
    take({
      sessionUpdate: 'plan',
      entries: [
        { content: 'look', priority: 'high', status: 'completed' },
        { content: 'do', priority: 'low', status: 'in_progress' },
      ],
    })
    expect(said()).toEqual([
      [
        'created',
        {
          ts: 1,
          type: 'say',
          say: 'user_edit_todos',
          text: JSON.stringify({
            tool: 'updateTodoList',
            todos: [
              { id: '1', content: 'look', status: 'completed' },
              { id: '2', content: 'do', status: 'in_progress' },
            ],
          }),
          partial: false,
        },
      ],
    ])
  })

  test('a mode is told when it changes', () => {
    const { take, events } = trialUpdates()
    take({ sessionUpdate: 'current_mode_update', currentModeId: 'architect' })
    expect(events()).toEqual([{ eventName: 'taskModeSwitched', payload: ['t1', 'architect'] }])
  })

  test('a mode that is an option of the agent is told when that changes', () => {
    const { take, events, updates } = trialUpdates()
    const options = (currentValue: string) => [
      {
        id: 'm',
        name: 'Mode',
        category: 'mode',
        type: 'select',
        currentValue,
        options: [{ value: 'a', name: 'A' }],
      },
    ]
    updates.offers.takeSession({ configOptions: options('a') })
    take({ sessionUpdate: 'config_option_update', configOptions: options('a') })
    expect(events()).toEqual([])
    take({ sessionUpdate: 'config_option_update', configOptions: options('b') })
    expect(events()).toEqual([{ eventName: 'taskModeSwitched', payload: ['t1', 'b'] }])
  })

  test('its use is told, and adds up with what a turn says of itself', () => {
    const { take, events, updates } = trialUpdates()
    take({ sessionUpdate: 'usage_update', used: 100, size: 1_000, cost: { amount: 0.5, currency: 'USD' } })
    expect(events()).toEqual([
      {
        eventName: 'taskTokenUsageUpdated',
        payload: ['t1', { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0.5, contextTokens: 100 }, {}],
      },
    ])
    updates.takeTurnUsage({ usage: { inputTokens: 3, outputTokens: 4, cachedReadTokens: 5 } })
    updates.takeTurnUsage({ usage: { inputTokens: 1, outputTokens: 1, cachedWriteTokens: 2 } })
    expect(updates.usage.tokens).toEqual({
      totalTokensIn: 4,
      totalTokensOut: 5,
      totalCacheReads: 5,
      totalCacheWrites: 2,
      totalCost: 0.5,
      contextTokens: 100,
    })
  })

  test('commands, modes and models are kept to be asked for', () => {
    const { take, updates } = trialUpdates()
    updates.offers.takeSession({
      modes: {
        currentModeId: 'ask',
        availableModes: [
          { id: 'ask', name: 'Ask' },
          { id: 'code', name: 'Code' },
        ],
      },
      models: {
        currentModelId: 'm1',
        availableModels: [{ modelId: 'm1', name: 'M 1', description: 'fast' }],
      },
    })
    take({
      sessionUpdate: 'available_commands_update',
      availableCommands: [
        { name: 'init', description: 'begins', input: { hint: 'what' } },
        { name: 'plain', description: '' },
      ],
    })
    expect(updates.offers.offers).toEqual({
      commands: [
        { name: 'init', description: 'begins', argumentHint: 'what' },
        { name: 'plain', description: '' },
      ],
      modes: [
        { slug: 'ask', name: 'Ask' },
        { slug: 'code', name: 'Code' },
      ],
      models: { m1: { contextWindow: 0, supportsPromptCache: false, name: 'M 1', description: 'fast' } },
    })
    updates.offers.takeOptions({
      configOptions: [
        {
          id: 'model',
          category: 'model',
          type: 'select',
          name: 'Model',
          currentValue: 'x',
          options: [{ group: 'g', name: 'G', options: [{ value: 'x', name: 'X' }] }],
        },
      ],
    })
    expect(updates.offers.offers.models).toMatchObject({ x: { name: 'X' } })
    expect(updates.offers.settingOf('model', 'x')).toEqual({ by: 'option', id: 'model', type: 'select' })
    expect(updates.offers.settingOf('mode', 'nope')).toEqual(['ask', 'code'])
  })

  // bound: agentOffersMax
  test('of what is offered the first ones are kept', () => {
    const { take, updates } = trialUpdates({ agentOffersMax: 2 })
    const availableCommands = ['a', 'b', 'c'].map((name) => ({ name, description: name }))
    take({ sessionUpdate: 'available_commands_update', availableCommands: availableCommands.slice(0, 2) })
    expect(updates.offers.offers.commands).toHaveLength(2)
    take({ sessionUpdate: 'available_commands_update', availableCommands })
    expect(updates.offers.offers.commands.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  // bound: agentUpdateBytesMax
  test('an update of a kind that is not known is kept as it is; one past the bound by its kind and size', () => {
    const { take, events } = trialUpdates({ agentUpdateBytesMax: 100 })
    const mood = { sessionUpdate: 'mood_update', mood: { is: ['good', 1, null] } }
    take(mood, { sessionUpdate: 'mood_update', long: 'x'.repeat(100) }, {})
    expect(events()).toEqual([
      { eventName: 'agentUpdated', payload: ['t1', mood] },
      { eventName: 'agentUpdated', payload: ['t1', { sessionUpdate: 'mood_update', bytes: 141 }] },
      { eventName: 'agentUpdated', payload: ['t1', {}] },
    ])
  })

  test('history of an earlier run is not told again, and its tool calls are not told of later', () => {
    const { take, events, updates } = trialUpdates()
    updates.replay()
    take(
      chunk('old'),
      { sessionUpdate: 'tool_call', toolCallId: 'old', title: 'Old', kind: 'read' },
      { sessionUpdate: 'plan', entries: [] },
      { sessionUpdate: 'mood_update' },
      { sessionUpdate: 'usage_update', used: 5, size: 9 },
      { sessionUpdate: 'current_mode_update', currentModeId: 'x' },
    )
    updates.live()
    take({ sessionUpdate: 'tool_call_update', toolCallId: 'old', status: 'completed' })
    expect(events()).toEqual([])
    expect(updates.usage).toMatchObject({ tokens: { contextTokens: 5 }, tools: {} })
    take(chunk('new'))
    expect(events()).toHaveLength(1)
  })
})

test('an update of any shape whatever does not throw', () => {
  const odd = [null, 0, 'x', [], {}, [null], { a: 1 }, true]
  const kinds = ['agent_message_chunk', 'tool_call', 'tool_call_update', 'plan', 'available_commands_update']
  const others = ['current_mode_update', 'config_option_update', 'usage_update', 'user_message_chunk', 'x']
  const keys = [
    'content',
    'toolCallId',
    'title',
    'kind',
    'status',
    'entries',
    'availableCommands',
    'currentModeId',
  ]
  const more = [
    'configOptions',
    'used',
    'cost',
    'rawInput',
    'rawOutput',
    'locations',
    '_meta',
    'messageId',
    'name',
  ]
  const { take, updates } = trialUpdates()
  for (const sessionUpdate of [...kinds, ...others, ...odd]) {
    for (const key of [...keys, ...more]) {
      for (const value of odd) take({ sessionUpdate, toolCallId: key, [key]: value })
    }
  }
  updates.endTurn()
  expect(updates.usage.tokens.contextTokens).toBe(0)
})
