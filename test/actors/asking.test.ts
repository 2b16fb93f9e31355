/** Asks over the memory rig: from the run that asks, over clients that see and answer, to the run that is answered. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import type { Task } from '../../src/wire/envelope.ts'
import type { Ask, AskOutcome, TaskEvent } from '../../src/wire/events.ts'
import type { FakeRun } from './fake-runner.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import type { Rig, RigOptions } from './rig.ts'
import { quiet, until } from './turns.ts'

const yesOrNo = {
  kind: 'approval',
  options: [
    { id: 'no', label: 'No', meaning: 'deny' },
    { id: 'yes', label: 'Yes', meaning: 'allow' },
  ],
} as const

interface Setting extends Rig {
  readonly native: MemoryClient
  readonly legacy: MemoryClient
  readonly task: string
  readonly run: FakeRun
}

/** A task that runs, started by a native client, with a legacy one beside it. */
async function running(options: RigOptions = {}, callboard?: Record<string, unknown>): Promise<Setting> {
  const made = rig(options)
  const [native, legacy] = [await made.connect(), await made.connect()]
  await native.greet({ client: { name: 'one', version: '1' } })
  const task = await native.start('prompt', callboard)
  const run = made.runner.last
  run.started()
  await native.hears('taskStarted', task)
  await legacy.hears('taskStarted', task)
  native.forget()
  legacy.forget()
  return { ...made, native, legacy, task, run }
}

const getTask = async (client: MemoryClient, task: string): Promise<Task> =>
  await client.ask<Task>({ commandName: 'GetTask', data: task })

async function openAsk(client: MemoryClient, task: string, index = 0): Promise<Ask> {
  const ask = (await getTask(client, task)).asks[index]
  if (ask === undefined) throw new Error('nothing is asked')
  return ask
}

const respond = (askId: string, said: Record<string, unknown>) => ({
  commandName: 'RespondToAsk' as const,
  data: { askId, ...said },
})

function payloads<Name extends TaskEvent['eventName']>(
  client: MemoryClient,
  name: Name,
): Extract<TaskEvent, { eventName: Name }>['payload'][] {
  return client.events().flatMap(({ data }) => (data.eventName === name ? [data.payload as never] : []))
}

const outcomes = (client: MemoryClient): AskOutcome[] => payloads(client, 'askResolved').map(([, one]) => one)

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

describe('asks that end or are answered by themselves', () => {
  afterEach(() => vi.useRealTimers())

  test('at its deadline an ask is expired, and the run is told', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const { native, run, task } = await running()
    run.asks('Never?', { deadlineMs: 2 ** 33 })
    run.asks('Late?', { deadlineMs: 5_000 })
    run.asks('Soon?', { deadlineMs: 1_000 })
    const soon = await openAsk(native, task, 2)
    vi.advanceTimersByTime(999)
    expect(run.answers).toEqual([])
    vi.advanceTimersByTime(1)
    await until(() => run.answers.length === 1)
    vi.advanceTimersByTime(4_000)
    await until(() => run.answers.length === 2)
    expect(run.answers).toEqual([
      { key: 'Soon?', kind: 'expired' },
      { key: 'Late?', kind: 'expired' },
    ])
    await quiet()
    expect(outcomes(native)).toMatchObject([{ id: soon.id, outcome: 'expired' }, { outcome: 'expired' }])
    expect(await native.request(respond(soon.id, { text: 'x' }))).toMatchObject({
      error: { code: 'unknown_ask', message: 'This ask is no longer open: nobody answered it in time.' },
    })
    expect((await getTask(native, task)).asks).toHaveLength(1)
  })

  test("a lease's approval answers what is asked, and what was open already, with the option that allows", async () => {
    const { native, run, task } = await running()
    run.asks('First?', yesOrNo)
    await native.ask({ commandName: 'ClaimTask', data: { taskId: task, approve: ['approval'] } })
    run.asks('Second?', yesOrNo)
    run.asks('Which?', { options: [{ id: 'a', label: 'A', meaning: 'allow' }] })
    run.asks('Unclear?', { kind: 'approval', options: [{ id: 'ok', label: 'OK' }] })
    await until(() => run.answers.length === 2)
    await quiet()
    expect(run.answers).toEqual([
      { key: 'First?', kind: 'answered', option: 'yes' },
      { key: 'Second?', kind: 'answered', option: 'yes' },
    ])
    expect((await getTask(native, task)).asks.map(({ text }) => text)).toEqual(['Which?', 'Unclear?'])
    expect(outcomes(native)).toMatchObject([
      { option: 'yes', automatic: true, by: native.clientId, client: 'one' },
      { option: 'yes', automatic: true, by: native.clientId },
    ])
    expect(native.told()).toContain('taskInteractive')
  })

  test('and ends with the lease', async () => {
    const { native, run, task } = await running()
    await native.ask({ commandName: 'ClaimTask', data: { taskId: task, approve: 'all' } })
    await native.ask({ commandName: 'ReleaseTask', data: task })
    run.asks('Do it?', yesOrNo)
    await quiet()
    expect(run.answers).toEqual([])
  })

  test.each([
    ['allow', 'yes'],
    ['deny', 'no'],
  ])('where only legacy clients watch, the profile may say %s', async (legacyAsks, option) => {
    const { native, run, task } = await running({}, { command: ['x'], legacyAsks })
    run.asks('Native?', yesOrNo)
    await quiet()
    expect(run.answers).toEqual([])
    await native.ask({ commandName: 'Subscribe', data: { tasks: ['another'] } })
    run.asks('Legacy?', yesOrNo)
    // A message answers it: legacy clients can.
    run.asks('Which?', { options: yesOrNo.options })
    await quiet()
    // From here on nobody else is to answer what was open already either.
    expect(run.answers).toEqual([
      { key: 'Native?', kind: 'answered', option },
      { key: 'Legacy?', kind: 'answered', option },
    ])
    expect((await getTask(native, task)).asks.map(({ text }) => text)).toEqual(['Which?'])
  })

  test('what was open when the last native client left is answered so a while later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const { native, legacy, run } = await running({}, { command: ['x'], legacyAsks: 'deny' })
    run.asks('Do it?', yesOrNo)
    native.link.destroy()
    await quiet()
    vi.advanceTimersByTime(limits.leaseGraceMs - 1)
    await quiet()
    expect(run.answers).toEqual([])
    vi.advanceTimersByTime(1)
    await legacy.hears('taskActive')
    expect(run.answers).toEqual([{ key: 'Do it?', kind: 'answered', option: 'no' }])
  })

  test('without such a word they wait', async () => {
    const { native, run, task } = await running()
    await native.ask({ commandName: 'Unsubscribe' })
    run.asks('Do it?', yesOrNo)
    await quiet()
    expect([run.answers, (await getTask(native, task)).asks.length]).toEqual([[], 1])
  })
})
