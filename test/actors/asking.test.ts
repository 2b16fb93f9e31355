/** Asks over the memory rig: from the run that asks, over clients that see them, to the run that is answered. */
import { describe, expect, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import type { Task } from '../../src/wire/envelope.ts'
import { quiet, until } from './turns.ts'
import { getTask, openAsk, outcomes, payloads, respond, running, yesOrNo } from './asked-task.ts'

describe('an ask', () => {
  test('is told at once, is in its task, and its answer reaches the run', async () => {
    const { native, legacy, task, run } = await running()
    expect(run.asks('Which?', { kind: 'question', deadlineMs: 60_000 })).toMatchObject({ ok: true })
    await native.hears('taskInteractive')
    expect(native.told()).toEqual(['ask:followup', 'askOpened', 'taskInteractive'])
    const shown = await getTask(native, task)
    expect(shown.state).toBe('interactive')
    const [ask] = shown.asks
    expect(ask).toMatchObject({ task, kind: 'question', text: 'Which?' })
    expect(ask?.deadline).toBe((ask?.askedAt ?? 0) + 60_000)
    expect(payloads(native, 'askOpened')).toEqual([[task, ask]])
    native.forget()
    expect(await native.ask(respond(ask?.id ?? '', { text: 'this' }))).toEqual({})
    await native.hears('taskActive')
    expect(native.told()).toEqual(['askResolved', 'say:user_feedback', 'taskAskResponded', 'taskActive'])
    expect(outcomes(native)).toEqual([
      { id: ask?.id, outcome: 'answered', text: 'this', by: native.clientId, client: 'one' },
    ])
    expect(
      native.events().every(({ by, causedBy }) => by === native.clientId && causedBy !== undefined),
    ).toBe(true)
    expect(run.answers).toEqual([{ key: 'Which?', kind: 'answered', text: 'this' }])
    expect(await getTask(native, task)).toMatchObject({ state: 'running', asks: [] })
    await legacy.hears('taskActive')
    expect(legacy.told()).toEqual([
      'ask:followup',
      'taskInteractive',
      'say:user_feedback',
      'taskAskResponded',
      'taskActive',
    ])
  })

  test('is there for who attaches late, and what the run does later is its own doing', async () => {
    const { native, task, run, connect } = await running()
    run.asks('Which?')
    const late = await connect()
    await late.greet()
    const snapshot = await late.ask<{ snapshot: { tasks: Task[] } }>({
      commandName: 'Subscribe',
      data: { snapshot: true },
    })
    const [ask] = snapshot.snapshot.tasks[0]?.asks ?? []
    expect(ask?.text).toBe('Which?')
    await late.ask(respond(ask?.id ?? '', { text: 'that' }))
    run.ends()
    await native.hears('taskIdle', task)
    const done = native.events(task).find(({ data }) => data.eventName === 'taskCompleted')
    expect([done?.by, done?.causedBy]).toEqual([undefined, undefined])
  })

  test('of several each is answered by itself, and the task is active when none is left', async () => {
    const { native, task, run } = await running()
    run.asks('One?')
    run.asks('Two?')
    const [one, two] = [await openAsk(native, task, 0), await openAsk(native, task, 1)]
    await native.ask(respond(two.id, { text: '2' }))
    expect((await getTask(native, task)).state).toBe('interactive')
    await native.ask(respond(one.id, { text: '1' }))
    expect((await getTask(native, task)).state).toBe('running')
    expect(native.told().filter((word) => word === 'taskInteractive' || word === 'taskActive')).toEqual([
      'taskInteractive',
      'taskActive',
    ])
    expect(run.answers.map(({ key }) => key)).toEqual(['Two?', 'One?'])
  })

  test('that the run withdraws is over', async () => {
    const { native, task, run } = await running()
    run.asks('Which?')
    const ask = await openAsk(native, task)
    run.events.withdrew('Which?')
    run.events.withdrew('Which?')
    await native.hears('taskActive')
    expect(native.told().slice(-2)).toEqual(['askResolved', 'taskActive'])
    expect(outcomes(native)).toEqual([{ id: ask.id, outcome: 'withdrawn' }])
    expect(run.answers).toEqual([])
    const late = await native.request(respond(ask.id, { text: 'late' }))
    expect(late).toMatchObject({
      error: {
        code: 'unknown_ask',
        message: 'This ask is no longer open: its task no longer waits for an answer.',
        details: { outcome: 'withdrawn' },
      },
    })
  })

  test.each(['ends', 'cancel', 'close'] as const)('ends with its run: %s', async (how) => {
    const { native, task, run } = await running()
    run.asks('Which?')
    const ask = await openAsk(native, task)
    native.forget()
    if (how === 'ends') run.ends()
    else await native.ask({ commandName: how === 'cancel' ? 'CancelTask' : 'CloseTask', data: task })
    await native.hears(
      how === 'ends' ? 'taskIdle' : how === 'close' ? 'taskUnfocused' : 'taskResumable',
      task,
    )
    expect(native.told()[0]).toBe('askResolved')
    expect(native.told()).not.toContain('taskActive')
    expect(outcomes(native)).toEqual([{ id: ask.id, outcome: 'withdrawn' }])
    expect((await getTask(native, task)).asks).toEqual([])
    expect(await native.refusal(respond(ask.id, { text: 'late' }))).toBe('unknown_ask')
  })

  test('is refused past the bounds, and the run is told why', async () => {
    const { run, native } = await running()
    expect(run.asks('x'.repeat(limits.askTextCharsMax + 1))).toMatchObject({
      ok: false,
      error: { code: 'limit_exceeded' },
    })
    expect(run.asks('Which?', { kind: 'approval' })).toMatchObject({ ok: false })
    await quiet()
    expect(native.told()).toEqual([])
  })

  test('of a thousand in one turn sixty-four are open, the others are told so, and the task goes on', async () => {
    const { run, native, task } = await running()
    const opened = Array.from({ length: 1_000 }, (_, n) => run.asks(`${n}?`))
    expect(opened.filter((one) => one.ok)).toHaveLength(limits.asksPerTaskMax)
    const { asks } = await getTask(native, task)
    expect(asks).toHaveLength(limits.asksPerTaskMax)
    for (const { id } of asks) native.send({ ...respond(id, { text: '' }), requestId: id })
    await native.hears('taskActive')
    expect(run.answers).toHaveLength(limits.asksPerTaskMax)
  })
})

describe("a legacy client's message", () => {
  const message = (text: string, images?: string[]) => ({
    commandName: 'SendMessage' as const,
    data: { text, ...(images === undefined ? {} : { images }) },
  })

  test('answers the oldest question of its task', async () => {
    const { legacy, run, native } = await running()
    run.asks('Do it?', yesOrNo)
    run.asks('Which?')
    run.asks('When?')
    legacy.send(message('this'))
    await native.hears('askResolved')
    expect(run.answers).toEqual([{ key: 'Which?', kind: 'answered', text: 'this' }])
    expect(outcomes(native)).toMatchObject([{ by: legacy.clientId, text: 'this' }])
    expect(run.sent).toEqual([])
  })

  test('never answers an approval or a form: it goes to the run as ever', async () => {
    const { legacy, run, native } = await running()
    run.asks('Do it?', yesOrNo)
    run.asks('Who?', { kind: 'form', fields: [{ name: 'name', type: 'text' }] })
    for (const text of ['yes', 'Yes', 'y', '']) legacy.send(message(text))
    await until(() => run.sent.length === 4)
    expect(run.answers).toEqual([])
    expect(native.told()).not.toContain('askResolved')
  })

  test('with images answers nothing', async () => {
    const { native, run } = await running()
    run.asks('Which?')
    expect(await native.refusal(message('x', ['data:image/png;base64,AA==']))).toBe('unsupported')
    expect(run.answers).toEqual([])
  })
})
