/** The life of an agent's run, against an agent of ours that does what it is told. */
import { describe, expect, test } from 'vitest'
import { playing } from '../acp-run.ts'

const permission = {
  method: 'session/request_permission',
  toolCall: { toolCallId: 'c1', title: 'Delete everything', kind: 'delete' },
  options: [
    { optionId: 'y', name: 'Yes', kind: 'allow_once' },
    { optionId: 'always', name: 'Always', kind: 'allow_always' },
    { optionId: 'n', name: 'No', kind: 'reject_once' },
  ],
}

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
