/** How an agent's run goes on with the session of an earlier one, or is told of it. */
import { describe, expect, test } from 'vitest'
import { playing } from '../acp-run.ts'
import type { EarlierRun } from '../../../src/runners/runner.ts'
import type { TaskMessage } from '../../../src/wire/events.ts'

function earlier(more: Partial<EarlierRun> = {}, transcript: readonly TaskMessage[] = []): EarlierRun {
  return { state: { sessionId: 'old' }, transcript: () => transcript, ...more }
}

const said: readonly TaskMessage[] = [
  { ts: 1, type: 'say', say: 'text', text: 'Fix the tests' },
  { ts: 2, type: 'say', say: 'text', text: 'I fixed one.' },
  { ts: 3, type: 'ask', ask: 'completion_result', text: '' },
]

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
