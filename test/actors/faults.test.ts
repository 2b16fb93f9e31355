import { expect, test, vi } from 'vitest'
import { memoryStore } from '../../src/store/memory.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { Codec } from '../../src/wire/codec.ts'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

const broken = new Error('this test throws')

test('a runner that throws when it starts fails its task alone', async () => {
  const { runner, connect, tasks } = rig()
  const client = await connect()
  const well = await client.start()
  runner.last.started()
  runner.startFault = broken
  const id = await client.start()
  await client.hears('taskAborted', id)
  expect(client.told(id)).toEqual(expect.arrayContaining(['say:error', 'taskAborted']))
  expect(await client.ask({ commandName: 'GetTask', data: id })).toMatchObject({ state: 'failed' })
  expect(await client.ask({ commandName: 'GetTask', data: well })).toMatchObject({ state: 'running' })
  expect(tasks.liveCount).toBe(1)
})

test.each(['cancel', 'resume', 'send while it starts'])(
  'a runner that throws at %s fails its task alone',
  async (at) => {
    const { runner, connect, tasks } = rig({ limits: { turnAppendBytesMax: 1 } })
    const client = await connect()
    const id = await client.start()
    const run = runner.last
    const fail = (): never => {
      throw broken
    }
    if (at === 'cancel') {
      run.started()
      run.cancel = fail
      await client.request({ commandName: 'CancelTask', data: id })
    } else if (at === 'resume') {
      run.started()
      run.onResume = fail
      run.says('x')
    } else {
      await client.ask({ commandName: 'SendMessage', data: { text: 'x' } })
      run.onSend = fail
      run.started()
    }
    await client.hears('taskAborted', id)
    expect(run.kills).toBe(1)
    const before = client.told().length
    run.says('too late')
    await quiet()
    expect(client.told()).toHaveLength(before)
    await client.start()
    runner.last.started()
    await client.hears('taskStarted')
    expect(tasks.liveCount).toBe(1)
  },
)

test('a runner that throws also when it is killed is put away all the same', async () => {
  const { runner, connect, tasks } = rig({ limits: { turnAppendBytesMax: 1 } })
  const client = await connect()
  const id = await client.start()
  runner.last.started()
  const fail = (): never => {
    throw broken
  }
  runner.last.onResume = fail
  runner.last.onKill = fail
  runner.last.says('x')
  await client.hears('taskAborted', id)
  expect(tasks.liveCount).toBe(0)
})

test('the last task that fails in a drain is still told of', async () => {
  const { runner, connect, broker, asked } = rig()
  const client = await connect()
  await client.start()
  runner.last.started()
  await client.hears('taskStarted')
  broker.drain(60_000)
  runner.last.onResume = () => {
    throw broken
  }
  runner.last.cancel = () => {
    throw broken
  }
  await client.request({ commandName: 'CancelTask' })
  await vi.waitFor(() => expect(client.closed).toBe(true))
  expect(client.told().slice(-3)).toEqual(['say:error', 'taskAborted', 'taskResumable'])
  await vi.waitFor(() => expect(asked.stopped).toBe(true))
})

test('a command whose handling throws is answered internal, and the next one is done', async () => {
  const { runner, connect, log } = rig()
  const client = await connect()
  await client.start()
  runner.last.started()
  runner.last.onAccept = () => {
    throw broken
  }
  expect(await client.refusal({ commandName: 'SendMessage', data: { text: 'x' } })).toBe('internal')
  expect((await client.request({ commandName: 'GetStatus' })).ok).toBe(true)
  expect(log.some(({ msg }) => msg === 'command failed')).toBe(true)
})

test('a connection that throws is closed, and no other notices', async () => {
  const codec: Codec = {
    ...canonicalCodec,
    encodeToClient: (message) => {
      if (message.type === 'Reply' && message.requestId === 'break') throw broken
      return canonicalCodec.encodeToClient(message)
    },
  }
  const { connect, connections } = rig({ listeners: [{ codec }] })
  const [victim, other] = [await connect(), await connect()]
  victim.send(
    { commandName: 'GetStatus', requestId: 'before' },
    { commandName: 'GetStatus', requestId: 'break' },
    { commandName: 'StartNewTask', data: {}, requestId: 'after' },
  )
  await until(() => victim.closed)
  expect((await other.request({ commandName: 'GetStatus' })).ok).toBe(true)
  await other.start()
  await other.hears('taskCreated')
  expect(connections.count).toBe(1)
})

test('a link whose write throws is closed, and the others of its turn are served', async () => {
  const { connect, connections } = rig()
  const clients = [await connect(), await connect(), await connect()]
  const [, victim] = [...connections.all()]
  if (victim !== undefined) {
    victim.link.write = () => {
      throw broken
    }
  }
  await clients[0]?.start()
  await clients[2]?.hears('taskCreated')
  await until(() => clients[1]?.closed === true)
  await clients[0]?.hears('taskCreated')
  expect(connections.count).toBe(2)
})

test('a store that breaks, rather than refuses, fails the task and no other', async () => {
  const store = memoryStore()
  const { runner, connect, journal, broker, tasks } = rig({ store })
  const client = await connect()
  const commit = store.commit.bind(store)
  const breaks = (): never => {
    throw broken
  }
  store.commit = breaks
  expect(await client.refusal({ commandName: 'StartNewTask', data: {} })).toBe('internal')
  expect([journal.head, runner.runs.length]).toEqual([0, 0])
  store.commit = commit
  await client.start()
  await client.hears('taskCreated')
  runner.last.started()
  store.commit = breaks
  runner.last.says('lost')
  await quiet()
  store.commit = commit
  expect([broker.state, tasks.liveCount, runner.last.kills]).toEqual(['serving', 0, 1])
  await client.start()
  expect(client.events().map(({ seq }) => seq)).toEqual(client.events().map((_, index) => index + 1))
})

test('sessions that cannot be forgotten when their time has come are a line of the log', async () => {
  const { broker, log } = rig({ limits: { sessionGraceMs: 1 } })
  broker.transact = () => {
    throw new Error('statement has been finalized')
  }
  await vi.waitFor(() => {
    expect(log.map(({ msg }) => msg)).toContain('sessions that nobody came back for could not be forgotten')
  })
  expect(broker.state).toBe('serving')
})
