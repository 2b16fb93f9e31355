/** Asks that nobody answers: their deadlines, leases that approve, and clients that leave. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { quiet, until } from './turns.ts'
import { getTask, openAsk, outcomes, respond, running, yesOrNo } from './asked-task.ts'

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
