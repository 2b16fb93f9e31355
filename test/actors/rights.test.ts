/** What a client may not do: in another's name, to another's tasks, or as an observer. */
import { describe, expect, test } from 'vitest'
import { rig } from './rig.ts'
import { quiet } from './turns.ts'

test("a message under another's clientId is refused and does nothing", async () => {
  const { runner, connect } = rig()
  const [client, other] = [await connect(), await connect()]
  client.send({
    commandName: 'StartNewTask',
    data: {},
    clientId: other.clientId,
    requestId: 'r',
  })
  expect(await client.reply('r')).toMatchObject({ ok: false, error: { code: 'unauthorized' } })
  expect(runner.runs).toEqual([])
})

describe('a listener with scope=own', () => {
  const listeners = [{ scope: 'own' as const }, {}]

  test('shows a client its own tasks and hides all others, in lists, events and commands', async () => {
    const { runner, connect } = rig({ listeners })
    const [mine, stranger, all] = [await connect(0), await connect(0), await connect(1)]
    const own = await mine.start('mine')
    const foreign = await stranger.start('foreign')
    runner.last.started()
    await all.hears('taskStarted')
    await quiet()
    expect(new Set(mine.events().map(({ task }) => task))).toEqual(new Set([own]))
    const { tasks } = await mine.ask<{ tasks: { id: string }[] }>({ commandName: 'ListTasks' })
    expect(tasks.map(({ id }) => id)).toEqual([own])
    for (const commandName of ['GetTask', 'CancelTask', 'CloseTask', 'ResumeTask'] as const)
      expect(await mine.refusal({ commandName, data: foreign })).toBe('unknown_task')
    await mine.ask({ commandName: 'Subscribe', data: { tasks: [own, foreign], after: 0 } })
    await quiet()
    expect(mine.events().some(({ task }) => task === foreign)).toBe(false)
    const { clients } = await mine.ask<{ clients: unknown[] }>({ commandName: 'ListClients' })
    expect(clients).toHaveLength(1)
  })

  test('the only running task is not meant where it is another client’s', async () => {
    const { connect } = rig({ listeners })
    const [mine, all] = [await connect(0), await connect(1)]
    await all.start()
    expect(await mine.refusal({ commandName: 'CancelTask' })).toBe('not_current')
  })

  test('a settled task that is resumed by its id becomes its own, one that cannot be does not', async () => {
    const { runner, connect } = rig({ listeners })
    const [mine, all] = [await connect(0), await connect(1)]
    const id = await all.start()
    runner.last.started()
    runner.last.ends()
    await all.hears('taskIdle')
    await mine.ask({ commandName: 'ResumeTask', data: id })
    await mine.hears('taskFocused', id)
    runner.refuses('no')
    const failed = await all.start()
    expect(await mine.refusal({ commandName: 'ResumeTask', data: failed })).toBe('not_resumable')
    expect(await mine.refusal({ commandName: 'GetTask', data: failed })).toBe('unknown_task')
  })

  test("no client learns another's session id", async () => {
    const { connect } = rig({ listeners })
    const [mine, all] = [await connect(0), await connect(1)]
    const { sessionId } = await mine.greet()
    const clients = await all.ask({ commandName: 'ListClients' })
    expect(JSON.stringify(clients)).not.toContain(sessionId)
  })
})

describe('an observer', () => {
  const listeners = [{ role: 'observer' as const }, {}]

  test('may watch and may not change anything', async () => {
    const { runner, connect, asked } = rig({ listeners })
    const [observer, client] = [await connect(0), await connect(1)]
    const id = await client.start()
    await observer.hears('taskCreated')
    await observer.ask({ commandName: 'ListTasks' })
    await observer.ask({ commandName: 'GetStatus' })
    await observer.ask({ commandName: 'Subscribe', data: { tasks: [id] } })
    expect(await observer.refusal({ commandName: 'StartNewTask', data: {} })).toBe('unauthorized')
    expect(await observer.refusal({ commandName: 'CancelTask', data: id })).toBe('unauthorized')
    expect(await observer.refusal({ commandName: 'Shutdown' })).toBe('unauthorized')
    expect([runner.runs.length, asked.shutdown]).toEqual([1, []])
  })

  test('does not become more by saying that it is a client', async () => {
    const { connect } = rig({ listeners })
    const observer = await connect(0)
    await observer.greet({ role: 'client' })
    expect(await observer.refusal({ commandName: 'StartNewTask', data: {} })).toBe('unauthorized')
  })

  test('is also who says so in its Hello', async () => {
    const { connect } = rig({ listeners })
    const client = await connect(1)
    await client.greet({ role: 'observer' })
    expect(await client.refusal({ commandName: 'StartNewTask', data: {} })).toBe('unauthorized')
  })
})
