/** Who may answer an ask, with what, and who wins. */
import { describe, expect, test } from 'vitest'
import { until } from './turns.ts'
import { openAsk, respond, running, yesOrNo } from './asked-task.ts'

describe('answers', () => {
  test('two in one turn: the first wins, the second is told who won', async () => {
    const { native, connect, run, task } = await running()
    const other = await connect()
    await other.greet({ client: { name: 'two', version: '1' } })
    run.asks('Which?')
    const ask = await openAsk(native, task)
    native.send(
      { ...respond(ask.id, { text: 'first' }), requestId: 'a' },
      { ...respond(ask.id, { text: 'second' }), requestId: 'b' },
    )
    const late = await other.request(respond(ask.id, { text: 'third' }))
    expect(await native.reply('a')).toEqual({ ok: true, result: {} })
    const lost = {
      ok: false,
      error: {
        code: 'unknown_ask',
        message: `This ask is no longer open: one (${native.clientId}) answered it first.`,
        details: { outcome: 'answered', by: native.clientId, client: 'one' },
      },
    }
    expect(await native.reply('b')).toEqual(lost)
    expect(late).toEqual(lost)
    expect(run.answers).toEqual([{ key: 'Which?', kind: 'answered', text: 'first' }])
  })

  test('of the wrong shape are refused with what would fit, and the ask stays open', async () => {
    const { native, run, task } = await running()
    run.asks('Do it?', yesOrNo)
    const ask = await openAsk(native, task)
    for (const said of [
      {},
      { text: 'yes' },
      { option: 'maybe' },
      { option: 'yes', text: 'x' },
      { values: { a: 1 } },
    ]) {
      expect(await native.refusal(respond(ask.id, said))).toBe('invalid_command')
    }
    expect(run.answers).toEqual([])
    await native.ask(respond(ask.id, { option: 'yes' }))
    expect(run.answers).toEqual([{ key: 'Do it?', kind: 'answered', option: 'yes' }])
  })

  test('to a form carry its values', async () => {
    const { native, run, task } = await running()
    run.asks('Who?', { kind: 'form', fields: [{ name: 'name', type: 'text', required: true }] })
    const ask = await openAsk(native, task)
    expect(await native.refusal(respond(ask.id, { values: {} }))).toBe('invalid_command')
    await native.ask(respond(ask.id, { values: { name: 'Ada' } }))
    expect(run.answers).toEqual([{ key: 'Who?', kind: 'answered', values: { name: 'Ada' } }])
  })

  test('to an id that never was are unknown', async () => {
    const { native } = await running()
    expect(await native.refusal(respond('none', { text: '' }))).toBe('unknown_ask')
  })

  test('of an observer are unauthorized', async () => {
    const { native, run, task, connect } = await running()
    const observer = await connect()
    await observer.greet({ role: 'observer' })
    run.asks('Which?')
    const ask = await openAsk(native, task)
    expect(await observer.refusal(respond(ask.id, { text: 'x' }))).toBe('unauthorized')
    expect(await observer.refusal({ commandName: 'ClaimTask', data: { taskId: task } })).toBe('unauthorized')
  })

  test('from inside the task, its children or its siblings in one parent are unauthorized; others may', async () => {
    const { native, run, task, connect, runner } = await running()
    const inside = await connect()
    await inside.greet({ task })
    const child = await inside.start('child')
    runner.last.started()
    const grandchild = await connect()
    await grandchild.greet({ task: child })
    run.asks('Parent?')
    runner.last.asks('Child?')
    const [ofParent, ofChild] = [await openAsk(native, task), await openAsk(native, child)]
    for (const client of [inside, grandchild]) {
      expect(await client.refusal(respond(ofParent.id, { text: 'x' }))).toBe('unauthorized')
      expect(await client.refusal(respond(ofChild.id, { text: 'x' }))).toBe('unauthorized')
      const message = { commandName: 'SendMessage' as const, data: { text: 'x', taskId: task } }
      expect(await client.refusal(message)).toBe('unauthorized')
      const claim = { commandName: 'ClaimTask' as const, data: { taskId: child, approve: 'all' as const } }
      expect(await client.refusal(claim)).toBe('unauthorized')
    }
    const elsewhere = await connect()
    await elsewhere.greet({ task: 'another task' })
    expect(await elsewhere.ask(respond(ofChild.id, { text: 'x' }))).toEqual({})
  })

  test('are hidden from who may not see the task', async () => {
    const { native, run, task, connect } = await running({ listeners: [{}, { scope: 'own' }] })
    const own = await connect(1)
    await own.greet()
    run.asks('Which?')
    const ask = await openAsk(native, task)
    const hidden = await own.request(respond(ask.id, { text: 'x' }))
    expect(hidden).toMatchObject({ error: { code: 'unknown_ask' } })
    await native.ask(respond(ask.id, { text: 'y' }))
    const ended = await own.request(respond(ask.id, { text: 'x' }))
    expect(ended).toEqual(hidden)
  })

  test('the same request twice answers once', async () => {
    const { native, run, task } = await running()
    run.asks('Which?')
    const ask = await openAsk(native, task)
    const command = { ...respond(ask.id, { text: 'x' }), requestId: 'same' }
    native.send(command, command)
    await until(
      () => native.messages.filter((one) => one.type === 'Reply' && one.requestId === 'same').length === 2,
    )
    expect(await native.reply('same')).toEqual({ ok: true, result: {} })
    expect(run.answers).toHaveLength(1)
  })
})
