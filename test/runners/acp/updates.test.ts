/** Plans, modes, use and whatever else an agent tells of itself. */
import { describe, expect, test } from 'vitest'
import { chunk, trialUpdates } from './trial-updates.ts'

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
