/** What an agent says and thinks, as messages of its task. */
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
