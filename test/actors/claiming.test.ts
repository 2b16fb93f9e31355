/** Leases over the memory rig: who may steer a task, and how that ends. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { leaseClosed } from '../../src/actors/claim-task.ts'
import { limits } from '../../src/limits.ts'
import type { TaskCommandInput } from '../../src/wire/commands.ts'
import type { Client, Task } from '../../src/wire/envelope.ts'
import type { Holder } from '../../src/wire/events.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import type { Rig, RigOptions } from './rig.ts'
import { quiet, until } from './turns.ts'

interface Setting extends Rig {
  readonly one: MemoryClient
  readonly two: MemoryClient
  readonly task: string
  readonly sessionId: string
}

async function running(options: RigOptions = {}): Promise<Setting> {
  const made = rig(options)
  const [one, two] = [await made.connect(), await made.connect()]
  const { sessionId } = await one.greet({ client: { name: 'one', version: '1' } })
  await two.greet({ client: { name: 'two', version: '1' } })
  const task = await one.start()
  made.runner.last.started()
  await two.hears('taskStarted', task)
  one.forget()
  two.forget()
  return { ...made, one, two, task, sessionId }
}

const claim = (taskId: string, more: Record<string, unknown> = {}): TaskCommandInput => ({
  commandName: 'ClaimTask',
  data: { taskId, ...more },
})
const release = (task: string): TaskCommandInput => ({ commandName: 'ReleaseTask', data: task })

const holderOf = async (client: MemoryClient, task: string): Promise<Holder | undefined> =>
  (await client.ask<Task>({ commandName: 'GetTask', data: task })).holder

function changes(client: MemoryClient): unknown[] {
  return client.events().flatMap(({ data }) => (data.eventName === 'leaseChanged' ? [data.payload[1]] : []))
}

const shown = (client: MemoryClient, name: string): Holder => ({ clientId: client.clientId, client: name })

describe('while somebody holds a task', () => {
  test("others' commands on it are not_owner, its holder's are done, and watching is free", async () => {
    const { one, two, task, runner } = await running()
    runner.last.asks('Which?')
    const [ask] = (await two.ask<Task>({ commandName: 'GetTask', data: task })).asks
    expect(await one.ask(claim(task))).toEqual({ holder: shown(one, 'one') })
    const commands: TaskCommandInput[] = [
      { commandName: 'CancelTask', data: task },
      { commandName: 'CloseTask', data: task },
      { commandName: 'ResumeTask', data: task },
      { commandName: 'SendMessage', data: { taskId: task, text: 'x' } },
      { commandName: 'RespondToAsk', data: { askId: ask?.id ?? '', text: 'x' } },
      claim(task),
      release(task),
    ]
    for (const command of commands) {
      const refused = await two.request(command)
      expect(refused).toMatchObject({
        ok: false,
        error: { code: 'not_owner', details: { holder: shown(one, 'one') } },
      })
    }
    expect(await holderOf(two, task)).toEqual(shown(one, 'one'))
    await two.ask({ commandName: 'Subscribe', data: { tasks: [task], after: 0 } })
    await two.hears('leaseChanged', task)
    const done = await one.ask({ commandName: 'RespondToAsk', data: { askId: ask?.id ?? '', text: 'x' } })
    expect(done).toEqual({})
    await one.ask({ commandName: 'CancelTask', data: task })
    await two.hears('taskAborted', task)
  })

  test('a command of a legacy client on its current task is not done', async () => {
    const { one, runner, connect, log } = await running()
    const legacy = await connect()
    const task = await legacy.start()
    runner.last.started()
    await legacy.hears('taskStarted', task)
    await one.ask(claim(task))
    legacy.send({ commandName: 'CancelTask' }, { commandName: 'SendMessage', data: { text: 'x' } })
    await until(() => log.filter(({ code }) => code === 'not_owner').length === 2)
    expect([runner.last.cancels, runner.last.sent]).toEqual([0, []])
  })

  test('the lease outlives the run, and counts for its resume', async () => {
    const { one, two, task, runner } = await running()
    await one.ask(claim(task))
    runner.last.ends()
    await two.hears('taskIdle', task)
    expect(await holderOf(two, task)).toEqual(shown(one, 'one'))
    expect(await two.refusal({ commandName: 'ResumeTask', data: task })).toBe('not_owner')
    await one.ask({ commandName: 'ResumeTask', data: task })
    expect(await holderOf(two, task)).toEqual(shown(one, 'one'))
  })

  test('ListClients and ListTasks show it, and the store keeps it', async () => {
    const { one, two, task, tasks, sessionId } = await running()
    await one.ask(claim(task, { ttlMs: 60_000, approve: ['approval'] }))
    const { clients } = await two.ask<{ clients: Client[] }>({ commandName: 'ListClients' })
    expect(clients.map(({ name, leases, lagEvents }) => [name, leases, lagEvents])).toEqual([
      ['one', [task], 0],
      ['two', [], 0],
    ])
    const { tasks: listed } = await two.ask<{ tasks: Task[] }>({ commandName: 'ListTasks' })
    expect(listed[0]?.holder).toMatchObject(shown(one, 'one'))
    const live = tasks.live(task)
    const kept = live === undefined ? undefined : tasks.liveRecord(live).lease
    expect(kept).toMatchObject({ sessionId, clientId: one.clientId, client: 'one', approve: ['approval'] })
    expect(kept?.until).toBeGreaterThan(Date.now())
    expect(JSON.stringify(listed)).not.toContain(sessionId)
  })
})

describe('a lease', () => {
  afterEach(() => vi.useRealTimers())

  test('is claimed, renewed, stolen and released, each told with who did it', async () => {
    const { one, two, task } = await running()
    await one.ask(claim(task))
    await one.ask(claim(task))
    expect(await two.ask(claim(task, { steal: true }))).toEqual({ holder: shown(two, 'two') })
    expect(await one.refusal({ commandName: 'CancelTask', data: task })).toBe('not_owner')
    await two.ask(release(task))
    await two.ask(release(task))
    await one.hears('leaseChanged')
    await quiet()
    const [a, b] = [shown(one, 'one'), shown(two, 'two')]
    expect(changes(one)).toEqual([
      { why: 'claimed', holder: a },
      { why: 'renewed', holder: a, from: a },
      { why: 'stolen', holder: b, from: a },
      { why: 'released', from: b },
    ])
    const causes = one.events().filter(({ data }) => data.eventName === 'leaseChanged')
    expect(causes.map(({ by }) => by)).toEqual([one.clientId, one.clientId, two.clientId, two.clientId])
    expect(causes.every(({ causedBy }) => causedBy !== undefined)).toBe(true)
  })

  test('stolen while a command is in flight: each command is done by who holds the task when it is read', async () => {
    const { one, two, task, runner } = await running()
    await one.ask(claim(task))
    const message = { commandName: 'SendMessage' as const, data: { taskId: task, text: 'mine' } }
    one.send({ ...message, requestId: 'before' })
    two.send({ ...claim(task, { steal: true }), requestId: 'steal' }, { ...message, requestId: 'after' })
    const [before, after] = [await one.reply('before'), await two.reply('after')]
    expect([before.ok, after.ok]).toEqual([true, true])
    expect(await one.refusal(message)).toBe('not_owner')
    expect(runner.last.sent).toHaveLength(2)
  })

  test('ends when its time has come, told once; until then only renewing keeps it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const { one, two, task } = await running()
    await one.ask(claim(task, { ttlMs: 1_000 }))
    vi.advanceTimersByTime(900)
    await one.ask(claim(task, { ttlMs: 1_000 }))
    vi.advanceTimersByTime(999)
    expect(await two.refusal(claim(task))).toBe('not_owner')
    vi.advanceTimersByTime(1)
    await quiet()
    expect(changes(two).at(-1)).toMatchObject({ why: 'expired' })
    expect(await two.ask(claim(task))).toEqual({ holder: shown(two, 'two') })
    expect(changes(two).map((one) => (one as { why: string }).why)).toEqual([
      'claimed',
      'renewed',
      'expired',
      'claimed',
    ])
  })

  test('of a client that is killed waits for it, then is anybody\u2019s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const { one, two, task } = await running()
    await one.ask(claim(task))
    one.link.destroy()
    await quiet()
    vi.advanceTimersByTime(limits.leaseGraceMs - 1)
    expect(await two.refusal({ commandName: 'CancelTask', data: task })).toBe('not_owner')
    vi.advanceTimersByTime(1)
    await quiet()
    expect(changes(two).at(-1)).toEqual({ why: 'left', from: shown(one, 'one') })
    await two.ask({ commandName: 'CancelTask', data: task })
    await two.hears('taskAborted', task)
  })

  test('is taken up by its client that comes back within the grace, under its new clientId', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const { one, two, task, sessionId, connect, journal } = await running()
    await one.ask(claim(task))
    one.link.destroy()
    await quiet()
    vi.advanceTimersByTime(limits.leaseGraceMs - 1)
    const back = await connect()
    await back.greet({
      client: { name: 'one', version: '1' },
      resume: { sessionId, epoch: journal.epoch, after: 0 },
    })
    vi.advanceTimersByTime(limits.leaseGraceMs * 2)
    await quiet()
    expect(await holderOf(two, task)).toEqual(shown(back, 'one'))
    expect(changes(two).at(-1)).toEqual({
      why: 'renewed',
      holder: shown(back, 'one'),
      from: shown(one, 'one'),
    })
    expect(await back.request({ commandName: 'CancelTask', data: task }, 'back')).toMatchObject({ ok: true })
  })

  test('of a client that cannot come back ends with its link', async () => {
    const { two, task, connect } = await running()
    const legacy = await connect()
    await legacy.ask(claim(task))
    expect(await two.refusal(claim(task))).toBe('not_owner')
    legacy.link.destroy()
    await two.hears('leaseChanged')
    await until(() => changes(two).length === 2)
    expect(changes(two).at(-1)).toEqual({ why: 'left', from: { clientId: legacy.clientId } })
  })

  test('ends when its task is closed', async () => {
    const { one, two, task } = await running()
    await one.ask(claim(task))
    await one.ask({ commandName: 'CloseTask', data: task })
    await two.hears('taskUnfocused', task)
    expect(changes(two).at(-1)).toEqual({ why: 'closed', from: shown(one, 'one') })
    expect(await holderOf(two, task)).toBe(undefined)
  })

  test('of an unknown task is unknown_task; out of its bounds a command is invalid', async () => {
    const { one, task } = await running()
    expect(await one.refusal(claim('none'))).toBe('unknown_task')
    expect(await one.refusal(release('none'))).toBe('unknown_task')
    for (const more of [
      { ttlMs: 0 },
      { ttlMs: limits.leaseTtlMsMax + 1 },
      { ttlMs: 1.5 },
      { approve: 'some' },
      { approve: ['x'] },
    ]) {
      expect(await one.refusal(claim(task, more))).toBe('invalid_command')
    }
  })

  test('is one of so many of a session', async () => {
    const { one, task } = await running({ limits: { leasesPerSessionMax: 1 } })
    const other = await one.start()
    await one.ask(claim(task))
    expect(await one.refusal(claim(other))).toBe('limit_exceeded')
    await one.ask(claim(task))
    await one.ask(release(task))
    await one.ask(claim(other))
  })

  test('on a task that has been forgotten meanwhile ends without a word', async () => {
    const { one, two, task, runner, broker } = await running({ limits: { tasksKeptMax: 1 } })
    runner.last.ends()
    await two.hears('taskIdle', task)
    await one.ask(claim(task))
    const later = await one.start()
    runner.last.started()
    runner.last.ends()
    await two.hears('taskIdle', later)
    expect(await two.refusal({ commandName: 'GetTask', data: task })).toBe('unknown_task')
    two.forget()
    broker.transact(() => {
      leaseClosed(broker, task, {})
    })
    await quiet()
    expect([changes(two), broker.leases.get(task)]).toEqual([[], undefined])
  })

  test('that could not be kept was not claimed, nor its asks answered', async () => {
    const { one, two, task, store, runner } = await running()
    runner.last.asks('Do it?', { kind: 'approval', options: [{ id: 'y', label: 'Y', meaning: 'allow' }] })
    await quiet()
    const commit = vi.spyOn(store, 'commit').mockImplementation(() => {
      throw Object.assign(new Error('The disk is full.'), { name: 'StoreUnavailable' })
    })
    expect(await one.refusal(claim(task, { approve: 'all' }))).toBe('storage_unavailable')
    commit.mockRestore()
    expect([await holderOf(two, task), changes(two), runner.last.answers]).toEqual([undefined, [], []])
  })
})
