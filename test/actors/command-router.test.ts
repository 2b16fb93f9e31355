/** A start of a client that is far behind waits: for the client to catch up, or to stop reading altogether. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Connection } from '../../src/actors/connection.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import type { Rig } from './rig.ts'
import { quiet, until } from './turns.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const start = { commandName: 'StartNewTask' as const, data: {} }

/** A client of its own task's output, of which it takes nothing: congested. */
async function congested(): Promise<{ at: Rig; client: MemoryClient; connection: Connection }> {
  const at = rig({
    bufferBytes: 1_000,
    limits: { slabBytes: 1_024, lagHighBytes: 8_000, lagLowBytes: 2_000, paceStallMs: 2_000 },
  })
  const client = await at.connect()
  const [connection] = [...at.connections.all()]
  if (connection === undefined) throw new Error('it is not connected')
  await client.start()
  at.runner.last.started()
  await client.hears('taskStarted')
  client.link.pause()
  for (let line = 0; line < 100; line++) at.runner.last.says('x'.repeat(100))
  await until(() => at.connections.stateOf(connection) === 'ready.congested')
  return { at, client, connection }
}

/** Lets time pass, and what comes of it happen. */
async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms)
  await quiet()
}

// bound: paceStallMs
test('it is taken when nothing has left to its client for the stall, not one millisecond before', async () => {
  const { at, client, connection } = await congested()
  client.send(start)
  await quiet()
  expect([at.runner.runs.length, connection.paused]).toEqual([1, true])
  await pass(1_999)
  expect(at.runner.runs).toHaveLength(1)
  await pass(1)
  expect([at.runner.runs.length, connection.paused]).toEqual([2, false])
})

test('it is taken as soon as its client has caught up', async () => {
  const { at, client, connection } = await congested()
  client.send(start)
  await quiet()
  expect(at.runner.runs).toHaveLength(1)
  client.link.resume()
  await until(() => at.runner.runs.length === 2)
  expect(at.connections.stateOf(connection)).toBe('ready.flowing')
})

test('it waits on while its client reads slowly', async () => {
  const { at, client, connection } = await congested()
  client.send(start)
  await quiet()
  await pass(1_500)
  const before = connection.subscriber?.seq
  client.link.resume()
  await quiet(4)
  client.link.pause()
  await quiet()
  expect(connection.subscriber?.seq).toBeGreaterThan(before ?? 0)
  expect(at.connections.stateOf(connection)).toBe('ready.congested')
  await pass(500)
  expect(at.runner.runs).toHaveLength(1)
  await pass(2_000)
  expect(at.runner.runs).toHaveLength(2)
})

test('what was sent behind it waits with it, in order; other commands alone do not wait', async () => {
  const { at, client, connection } = await congested()
  client.send({ commandName: 'CancelTask' })
  await quiet()
  expect(at.runner.runs[0]?.cancels).toBe(1)
  client.send(start, { commandName: 'GetStatus', requestId: 'behind' })
  await quiet()
  expect(connection.inbox).toHaveLength(2)
  await pass(2_000)
  expect(connection.inbox).toHaveLength(0)
  expect(at.runner.runs).toHaveLength(2)
  client.link.resume()
  await until(() => client.messages.some((one) => one.type === 'Reply' && one.requestId === 'behind'))
})

test('a client that goes meanwhile leaves no timer', async () => {
  const { at, client } = await congested()
  client.send(start)
  await quiet()
  const timers = vi.getTimerCount()
  client.link.destroy()
  await until(() => at.connections.count === 0)
  expect(vi.getTimerCount()).toBe(timers - 1)
  await pass(10_000)
  expect(at.connections.count).toBe(0)
})
