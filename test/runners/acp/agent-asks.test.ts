/** What an agent asks, as asks of its task, and what it is answered. */
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

const form = (properties: object, required: string[] = []) => ({
  method: 'elicitation/create',
  mode: 'form',
  message: 'Which one?',
  requestedSchema: { type: 'object', properties, required },
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
