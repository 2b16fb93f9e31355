/** The life of an agent's run, against an agent of ours that does what it is told. */
import { describe, expect, test } from 'vitest'
import { playing } from '../acp-run.ts'
import type { EarlierRun } from '../../../src/runners/runner.ts'
import type { TaskMessage } from '../../../src/wire/events.ts'

const permission = {
  method: 'session/request_permission',
  toolCall: { toolCallId: 'c1', title: 'Delete everything', kind: 'delete' },
  options: [
    { optionId: 'y', name: 'Yes', kind: 'allow_once' },
    { optionId: 'always', name: 'Always', kind: 'allow_always' },
    { optionId: 'n', name: 'No', kind: 'reject_once' },
  ],
}

function earlier(more: Partial<EarlierRun> = {}, transcript: readonly TaskMessage[] = []): EarlierRun {
  return { state: { sessionId: 'old' }, transcript: () => transcript, ...more }
}

const said: readonly TaskMessage[] = [
  { ts: 1, type: 'say', say: 'text', text: 'Fix the tests' },
  { ts: 2, type: 'say', say: 'text', text: 'I fixed one.' },
  { ts: 3, type: 'ask', ask: 'completion_result', text: '' },
]

const form = (properties: object, required: string[] = []) => ({
  method: 'elicitation/create',
  mode: 'form',
  message: 'Which one?',
  requestedSchema: { type: 'object', properties, required },
})

describe('the start', () => {
  test('gives the agent its directory, its MCP servers and the prompt, and remembers the session', async () => {
    const servers = { git: { command: ['git-mcp', '-v'], env: { A: '1' } } }
    const run = playing([], { mcpServers: servers, cwd: '/usr' }, {}, ['report', {}])
    expect(JSON.parse((await run.ended).text)).toEqual([
      {
        method: 'session/new',
        cwd: '/usr',
        mcpServers: [{ name: 'git', command: 'git-mcp', args: ['-v'], env: [{ name: 'A', value: '1' }] }],
      },
      { method: 'session/prompt', sessionId: 's1', prompt: [{ type: 'text', text: '[]' }] },
    ])
    expect(run.remembered).toEqual([{ sessionId: 's1' }])
  })

  test('what the agent says of its use is the use of the task', async () => {
    const run = playing([], {}, {}, ['echo', {}])
    expect(await run.ended).toMatchObject({
      ok: true,
      text: '[{"type":"text","text":"[]"}]',
      usage: { tokens: { totalTokensIn: 3, totalTokensOut: 4, totalCacheReads: 1 } },
    })
  })

  test('images go as blocks to an agent that takes them', async () => {
    const images = ['data:image/png;base64,AAAA']
    const can = { promptCapabilities: { image: true } }
    const run = playing([], {}, { images }, ['echo', { can }])
    expect(JSON.parse((await run.ended).text)).toEqual([
      { type: 'text', text: '[]' },
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
    ])
  })

  test('an agent that takes none is told that there were some, and so are clients', async () => {
    const run = playing([], {}, { images: ['data:image/png;base64,AAAA'] }, ['echo', {}])
    expect((await run.ended).text).toContain('1 images could not be shown to you')
    expect(run.told()[0]).toContain('say:error This agent takes no images')
  })

  test('a mode, a model and options are set by the means that the agent has', async () => {
    const session = {
      sessionId: 's1',
      modes: {
        currentModeId: 'ask',
        availableModes: [
          { id: 'ask', name: 'Ask' },
          { id: 'code', name: 'Code' },
        ],
      },
      configOptions: [
        {
          id: 'model',
          category: 'model',
          type: 'select',
          name: 'M',
          currentValue: 'a',
          options: [{ value: 'b', name: 'B' }],
        },
        { id: 'fast', type: 'boolean', name: 'Fast', currentValue: false },
      ],
    }
    const { configOptions } = session
    const told = {
      'session/new': { result: session },
      'session/set_config_option': { result: { configOptions } },
    }
    const wanted = { mode: 'code', model: 'b', options: { fast: true } }
    const run = playing([], wanted, {}, ['report', told])
    expect(JSON.parse((await run.ended).text).slice(1, -1)).toEqual([
      { method: 'session/set_mode', sessionId: 's1', modeId: 'code' },
      { method: 'session/set_config_option', sessionId: 's1', configId: 'model', value: 'b' },
      {
        method: 'session/set_config_option',
        sessionId: 's1',
        configId: 'fast',
        type: 'boolean',
        value: true,
      },
    ])
    expect(run.run.offers?.().modes).toEqual([
      { slug: 'ask', name: 'Ask' },
      { slug: 'code', name: 'Code' },
    ])
  })

  test('a model is set by the request for models where that is what the agent has', async () => {
    const models = { currentModelId: 'a', availableModels: [{ modelId: 'b', name: 'B' }] }
    const told = { 'session/new': { result: { sessionId: 's1', models } } }
    const run = playing([], { model: 'b' }, {}, ['report', told])
    expect(JSON.parse((await run.ended).text).slice(1, -1)).toEqual([
      { method: 'session/set_model', sessionId: 's1', modelId: 'b' },
    ])
  })

  test('a mode that the agent does not have ends the task with those that it has', async () => {
    const modes = { currentModeId: 'ask', availableModes: [{ id: 'ask', name: 'Ask' }] }
    const run = playing([], { mode: 'cod' }, {}, [
      'echo',
      { 'session/new': { result: { sessionId: 's1', modes } } },
    ])
    expect(await run.ended).toMatchObject({ ok: false, text: 'The agent has no mode "cod": it offers ask.' })
  })

  test('a login is made when told how, and an unknown way names those that there are', async () => {
    const auth = [{ id: 'key', name: 'API key' }]
    expect(await playing([], { authMethod: 'key' }, {}, ['echo', { auth }]).ended).toMatchObject({ ok: true })
    expect(await playing([], { authMethod: 'kye' }, {}, ['echo', { auth }]).ended).toMatchObject({
      ok: false,
      text: 'The agent has no way to log in that is named "kye": it offers key.',
    })
  })

  test.each(['session/new', 'session/prompt'])('-32000 from %s says how to log in', async (method) => {
    const error = { code: -32_000, message: 'Authentication required' }
    const auth = [{ id: 'key', name: 'API key', description: 'Set AGENT_KEY' }]
    const told = method === 'session/new' ? { error } : error
    const run = playing([], {}, {}, ['script', { auth, [method]: told }])
    expect(await run.ended).toMatchObject({
      ok: false,
      ask: 'api_req_failed',
      text:
        'The agent wants a login first (-32000). Log in with its own program; ' +
        'or set "authMethod" of its profile to one of its ways: "key" (Set AGENT_KEY).',
    })
  })

  test('an MCP server over http needs an agent that takes it', async () => {
    const run = playing([], { mcpServers: { web: { url: 'http://localhost/mcp' } } }, {}, ['echo', {}])
    expect((await run.ended).text).toBe('The agent takes no MCP server over http, as "web" is.')
  })

  test('another version of the protocol is not spoken', async () => {
    const run = playing([], {}, {}, ['echo', { initialize: { result: { protocolVersion: 7 } } }])
    expect((await run.ended).text).toContain('The agent speaks version 7 of the protocol')
  })
})

describe('the end of a turn', () => {
  test.each([
    ['refusal', 'api_req_failed', 'refuses'],
    ['max_tokens', 'mistake_limit_reached', 'limit of tokens'],
    ['max_turn_requests', 'auto_approval_max_req_reached', 'as many requests'],
    ['cancelled', 'resume_task', 'cancelled its turn'],
    ['tired', 'resume_task', '"tired"'],
  ])('by %s is an error with the ask %s', async (stop, ask, text) => {
    const result = await playing([{ say: 'I began.' }, { stop }]).ended
    expect(result).toMatchObject({ ok: false, ask, text: expect.stringContaining(text) })
  })

  test('by an error of the agent quotes it', async () => {
    const error = { code: -32_603, message: 'Internal error', data: { details: 'model overloaded' } }
    const result = await playing([], {}, {}, ['script', { 'session/prompt': error }]).ended
    expect(result).toMatchObject({
      ok: false,
      ask: 'api_req_failed',
      text: 'The agent answered session/prompt with an error: "Internal error"; "model overloaded", code -32603.',
    })
  })

  test('sends the messages that wait, and goes on', async () => {
    const queued = [
      { text: '[]', images: [] },
      { text: JSON.stringify([{ say: 'second turn' }]), images: [] },
    ]
    const run = playing([{ say: 'first turn' }], {}, { queued })
    expect(await run.ended).toMatchObject({ ok: true, text: 'second turn' })
    expect(run.told()).toEqual(['say:text first turn', 'say:text second turn'])
  })

  test('a message that is sent to the run waits for it too', async () => {
    const run = playing([{ say: 'first' }, { ask: permission }])
    const ask = await run.nthAsk(1)
    expect(run.run.send(JSON.stringify([{ say: 'second' }]), []).ok).toBe(true)
    run.run.answer(ask.key, { kind: 'answered', option: 'n' })
    expect(await run.ended).toMatchObject({ ok: true, text: 'second' })
    expect(run.run.send('late', []).ok).toBe(false)
  })

  // bound: queuedMessagesMax
  test('messages wait up to the bound', async () => {
    const run = playing([{ ask: permission }], {}, { limits: { queuedMessagesMax: 1 } })
    await run.nthAsk(1)
    expect(run.run.send('[]', []).ok).toBe(true)
    expect(run.run.send('[]', [])).toMatchObject({ ok: false, error: { code: 'limit_exceeded' } })
    run.run.kill()
    await run.ended
  })

  test('with nothing said after the last tool call says so', async () => {
    const call = {
      sessionUpdate: 'tool_call',
      toolCallId: '1',
      title: 'T',
      kind: 'think',
      status: 'completed',
    }
    const result = await playing([{ say: 'words' }, { update: call }]).ended
    expect(result).toMatchObject({ ok: true, text: 'The agent has ended its turn.' })
    expect(result.saidTs).toBeUndefined()
  })
})

describe('asks', () => {
  test.each([
    [{ kind: 'answered', option: 'y' } as const, '{"outcome":{"outcome":"selected","optionId":"y"}}'],
    [{ kind: 'answered', option: 'n' } as const, '{"outcome":{"outcome":"selected","optionId":"n"}}'],
    [{ kind: 'expired' } as const, '{"outcome":{"outcome":"selected","optionId":"n"}}'],
  ])('a permission goes back as it was answered: %j', async (answer, outcome) => {
    const run = playing([{ ask: permission }])
    const ask = await run.nthAsk(1)
    expect(ask).toMatchObject({
      kind: 'approval',
      text: 'Delete everything',
      options: [
        { id: 'y', label: 'Yes', meaning: 'allow' },
        { id: 'always', label: 'Always', meaning: 'allow' },
        { id: 'n', label: 'No', meaning: 'deny' },
      ],
      message: { action: 'created', message: { type: 'ask', ask: 'tool', partial: false } },
    })
    run.run.answer(ask.key, answer)
    expect((await run.ended).text.trim()).toBe(outcome)
  })

  test('one that may not be asked is cancelled, and clients see that', async () => {
    const run = playing(
      [{ ask: permission }],
      {},
      {
        asked: () => ({ ok: false, error: { code: 'limit_exceeded', message: 'Too many asks.' } }),
      },
    )
    expect((await run.ended).text).toContain('"outcome":"cancelled"')
    expect(run.told()).toContain('say:error The agent could not ask: Too many asks.')
  })

  test('one that the agent withdraws is withdrawn', async () => {
    const run = playing([
      {
        raw: `${JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'session/request_permission', params: permission })}\n`,
      },
      { wait: 100 },
      {
        raw: `${JSON.stringify({ jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: 7 } })}\n`,
      },
      { say: 'never mind' },
    ])
    const ask = await run.nthAsk(1)
    expect(await run.ended).toMatchObject({ ok: true, text: 'never mind' })
    expect(run.withdrawn).toEqual([ask.key])
  })

  test('one text field is a question, shown as ask:followup', async () => {
    const run = playing([{ ask: form({ name: { type: 'string', title: 'Name' } }) }])
    const ask = await run.nthAsk(1)
    expect(ask).toMatchObject({
      kind: 'question',
      text: 'Which one?',
      message: { message: { type: 'ask', ask: 'followup', text: '{"question":"Which one?","suggest":[]}' } },
    })
    run.run.answer(ask.key, { kind: 'answered', text: 'that one' })
    expect(JSON.parse((await run.ended).text)).toEqual({ action: 'accept', content: { name: 'that one' } })
  })

  test('a choice takes an option, or its words', async () => {
    const run = playing([
      {
        ask: form({
          c: {
            type: 'string',
            oneOf: [
              { const: 'r', title: 'Red' },
              { const: 'b', title: 'Blue' },
            ],
          },
        }),
      },
    ])
    const ask = await run.nthAsk(1)
    expect(ask.options?.map(({ id, label }) => [id, label])).toEqual([
      ['r', 'Red'],
      ['b', 'Blue'],
      ['decline', 'Decline'],
      ['cancel', 'Cancel'],
    ])
    run.run.answer(ask.key, { kind: 'answered', text: 'Blue' })
    expect(JSON.parse((await run.ended).text)).toEqual({ action: 'accept', content: { c: 'b' } })
  })

  test('several fields are a form, which may be declined', async () => {
    const properties = {
      size: { type: 'string', enum: ['s', 'l'] },
      count: { type: 'integer' },
      really: { type: 'boolean' },
      tags: { type: 'array', title: 'Tags', items: { type: 'string', enum: ['x', 'y'] } },
    }
    const run = playing([{ ask: form(properties, ['size']) }, { ask: form(properties) }])
    const ask = await run.nthAsk(1)
    expect(ask.fields).toEqual([
      {
        name: 'size',
        type: 'choice',
        options: [
          { id: 's', label: 's' },
          { id: 'l', label: 'l' },
        ],
        required: true,
      },
      { name: 'count', type: 'number' },
      { name: 'really', type: 'boolean' },
      { name: 'tags', label: 'Tags (with commas between)', type: 'text' },
    ])
    const values = { size: 's', count: 2, really: true, tags: 'x, y' }
    run.run.answer(ask.key, { kind: 'answered', values })
    run.run.answer((await run.nthAsk(2)).key, { kind: 'answered', option: 'decline' })
    expect(JSON.parse((await run.ended).text)).toEqual({ action: 'decline' })
    const [, filled = ''] = run.told()
    expect(JSON.parse(filled.replace('say:text ', ''))).toEqual({
      action: 'accept',
      content: { size: 's', count: 2, really: true, tags: ['x', 'y'] },
    })
  })

  test.each([
    [{ kind: 'answered', option: 'done' } as const, 'accept'],
    [{ kind: 'answered', option: 'decline' } as const, 'decline'],
    [{ kind: 'answered', option: 'cancel' } as const, 'cancel'],
    [{ kind: 'expired' } as const, 'cancel'],
  ])('an address to visit is confirmed by a person: %j', async (answer, action) => {
    const url = {
      method: 'elicitation/create',
      mode: 'url',
      message: 'Log in',
      url: 'https://x',
      elicitationId: 'e',
    }
    const run = playing([{ ask: url }])
    const ask = await run.nthAsk(1)
    expect(ask).toMatchObject({
      kind: 'approval',
      text: 'Log in\nhttps://x',
      options: [{ id: 'done', label: 'Done' }, { id: 'decline' }, { id: 'cancel' }],
    })
    run.run.answer(ask.key, answer)
    expect(JSON.parse((await run.ended).text)).toEqual({ action })
  })
})

describe('an earlier session', () => {
  const replay = {
    updates: [
      { sessionUpdate: 'user_message_chunk', content: { type: 'text', text: 'Fix the tests' } },
      { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'I fixed one.' } },
    ],
    result: {},
  }
  const unknown = { error: { code: -32_002, message: 'Resource not found' } }

  test('is resumed where the agent can, and asked to go on', async () => {
    const can = { sessionCapabilities: { resume: {} }, loadSession: true }
    const run = playing([], {}, { earlier: earlier() }, ['echo', { can, 'session/load': unknown }])
    expect((await run.ended).text).toBe('[{"type":"text","text":"Go on where you were interrupted."}]')
    expect(run.remembered).toEqual([{ sessionId: 'old' }])
  })

  test('is loaded where it cannot be resumed; its history is not told twice', async () => {
    const followUp = { text: 'And the others?', images: [] }
    const can = { sessionCapabilities: { resume: {} }, loadSession: true }
    const told = { can, 'session/resume': unknown, 'session/load': replay }
    const run = playing([], {}, { earlier: earlier({ followUp }, said) }, ['echo', told])
    expect((await run.ended).text).toBe('[{"type":"text","text":"And the others?"}]')
    expect(run.told()).toEqual(['say:text [{"type":"text","text":"And the others?"}]'])
  })

  test('that is no longer known is told anew from the transcript', async () => {
    const followUp = { text: 'And the others?', images: [] }
    const told = { can: { loadSession: true }, 'session/load': unknown }
    const run = playing([], {}, { earlier: earlier({ followUp }, said) }, ['echo', told])
    const blocks = JSON.parse((await run.ended).text)
    expect(blocks).toHaveLength(2)
    expect(blocks[0].text).toContain('User: Fix the tests\n\nAssistant: I fixed one.')
    expect(blocks[1].text).toBe('And the others?')
    expect(run.remembered).toEqual([{ sessionId: 's1' }])
    expect(run.told()[0]).toContain('[The agent no longer knows its session')
  })

  test('of which nothing is left is not resumable', async () => {
    const run = playing([], {}, { earlier: earlier() }, ['echo', {}])
    expect(await run.ended).toMatchObject({ ok: false, text: expect.stringMatching(/^not_resumable: /) })
  })

  test('without a word of it is told anew too', async () => {
    const run = playing([], {}, { earlier: earlier({ state: undefined }, said) }, ['echo', {}])
    expect((await run.ended).text).toContain('Go on where you were interrupted.')
  })

  // bound: agentTranscriptCharsMax
  test('a long transcript is told from its end', async () => {
    const words = (length: number): TaskMessage[] => [
      { ts: 1, type: 'say', say: 'text', text: 'x'.repeat(length) },
    ]
    const limits = { agentTranscriptCharsMax: 106 }
    const whole = playing([], {}, { earlier: earlier({}, words(100)), limits }, ['echo', {}])
    expect((await whole.ended).text).toContain(`User: ${'x'.repeat(100)}`)
    const cut = playing([], {}, { earlier: earlier({}, words(101)), limits }, ['echo', {}])
    expect((await cut.ended).text).toContain(`[The beginning is left out.]\\n…ser: ${'x'.repeat(101)}`)
  })
})
