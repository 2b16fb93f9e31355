import { expect, test } from 'vitest'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

const small = { bufferBytes: 2_000, limits: { outboxBytesMax: 4_000 } }

test('a client that takes no answers is not read, and nothing of it is lost when it goes on', async () => {
  const { connect, connections } = rig(small)
  const client = await connect()
  const [connection] = [...connections.all()]
  client.link.pause()
  let held = 0
  for (let sent = 0; sent < 500; sent++) {
    client.send({ commandName: 'GetStatus', requestId: `q${sent}` })
    if (sent % 10 === 0) await quiet(2)
    held = Math.max(held, connection?.outbox.bytes ?? 0)
  }
  await quiet()
  expect(connection?.paused).toBe(true)
  expect(held).toBeLessThan(2 * 4_000)
  expect(connection?.inbox.length).toBeLessThan(50)
  client.link.resume()
  await until(() => client.messages.length === 501)
  const ids = client.messages.flatMap((one) => (one.type === 'Reply' ? [one.requestId] : []))
  expect(ids).toEqual(Array.from({ length: 500 }, (_, index) => `q${index}`))
  expect(connection?.paused).toBe(false)
})

test('another client is served while one takes no answers', async () => {
  const { connect } = rig(small)
  const [stuck, other] = [await connect(), await connect()]
  stuck.link.pause()
  for (let sent = 0; sent < 100; sent++) stuck.send({ commandName: 'GetStatus', requestId: `q${sent}` })
  await quiet()
  expect((await other.request({ commandName: 'GetStatus' })).ok).toBe(true)
})

test('a peer that writes no more still gets all its answers', async () => {
  const { connect, connections } = rig(small)
  const client = await connect()
  const requests = Array.from({ length: 60 }, (_, index) => ({
    commandName: 'GetStatus' as const,
    requestId: `q${index}`,
  }))
  client.send(...requests)
  client.link.endWriting()
  await until(() => client.closed)
  expect(client.messages).toHaveLength(61)
  expect(connections.count).toBe(0)
})

test('a client that asks something every turn still hears events', async () => {
  const { runner, connect, journal } = rig()
  const client = await connect()
  await client.start()
  runner.last.started()
  for (let turn = 0; turn < 100; turn++) {
    client.send({ commandName: 'GetStatus', requestId: `q${turn}` })
    runner.last.says('x')
    await quiet(1)
  }
  expect(client.events().length).toBeGreaterThan(80)
  await quiet()
  expect(client.events().map(({ seq }) => seq)).toEqual(Array.from({ length: journal.head }, (_, n) => n + 1))
})

test('a run whose turn appends too much is paused until the turn is out', async () => {
  const { runner, connect } = rig({ limits: { turnAppendBytesMax: 1_000 } })
  const client = await connect()
  await client.start()
  runner.last.started()
  await client.hears('taskStarted')
  runner.last.says('x'.repeat(100))
  expect(runner.last.paused).toBe(false)
  runner.last.says('x'.repeat(1_000))
  expect(runner.last.paused).toBe(true)
  await until(() => !runner.last.paused)
})

test('a legacy reader that falls below retention is closed, a native one is told of the gap', async () => {
  const { runner, connect, log } = rig({
    bufferBytes: 1_000,
    limits: { slabBytes: 1_024, tailBytesMax: 4_096, laneTailBytesMax: 2_048 },
  })
  const [starter, legacy, native] = [await connect(), await connect(), await connect()]
  await native.greet()
  starter.send({ commandName: 'Unsubscribe' })
  await starter.start()
  runner.last.started()
  await native.hears('taskStarted')
  for (const client of [legacy, native]) client.link.pause()
  for (let line = 0; line < 100; line++) {
    runner.last.says('x'.repeat(100))
    await quiet(1)
  }
  for (const client of [legacy, native]) client.link.resume()
  await until(() => legacy.closed)
  await until(() => native.events().at(-1)?.seq === 105)
  const gap = native.messages.find((one) => one.type === 'Gap')
  const at = gap === undefined ? -1 : native.messages.indexOf(gap)
  const before = native.messages.slice(0, at).findLast((one) => one.type === 'TaskEvent')
  const after = native.messages.slice(at).find((one) => one.type === 'TaskEvent')
  expect(gap?.data).toEqual({ from: (before?.seq ?? 0) + 1, firstAvailable: after?.seq })
  expect(log.some(({ msg }) => msg === 'reader fell below retention')).toBe(true)
})

test('a reader far behind is congested, and flowing again when it has caught up', async () => {
  const { runner, connect, broker, connections } = rig({
    bufferBytes: 1_000,
    limits: { slabBytes: 1_024, lagHighBytes: 8_000, lagLowBytes: 2_000 },
  })
  const client = await connect()
  const [connection] = [...connections.all()]
  const state = (): string => (connection === undefined ? 'gone' : broker.connections.stateOf(connection))
  await client.start()
  runner.last.started()
  await client.hears('taskStarted')
  expect(state()).toBe('ready.flowing')
  client.link.pause()
  for (let line = 0; line < 100; line++) runner.last.says('x'.repeat(100))
  await until(() => state() === 'ready.congested')
  client.link.resume()
  await until(() => state() === 'ready.flowing')
  await until(() => client.events().at(-1)?.seq === 105)
})

test('a congested reader that unsubscribes is behind no more', async () => {
  const { runner, connect, connections } = rig({
    bufferBytes: 1_000,
    limits: { slabBytes: 1_024, lagHighBytes: 8_000, lagLowBytes: 2_000 },
  })
  const client = await connect()
  const [connection] = [...connections.all()]
  await client.start()
  runner.last.started()
  await client.hears('taskStarted')
  client.link.pause()
  for (let line = 0; line < 100; line++) runner.last.says('x'.repeat(100))
  await until(() => connection !== undefined && connections.stateOf(connection) === 'ready.congested')
  client.send({ commandName: 'Unsubscribe' })
  await quiet()
  expect(connection === undefined ? '' : connections.stateOf(connection)).toBe('ready.flowing')
})
