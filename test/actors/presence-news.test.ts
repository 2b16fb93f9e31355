/** Who is told that native clients come and go, and how often. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import { quiet } from './turns.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Names of those that came and left, as a client was told. */
function news(client: MemoryClient): (readonly [joined: string[], left: string[]])[] {
  return client.events().flatMap(({ data }) => {
    if (data.eventName !== 'clientsChanged') return []
    const [{ joined, left }] = data.payload
    return [[joined.map(({ name }) => name), left.map(({ name }) => name)] as const]
  })
}

const named = (name: string) => ({ client: { name, version: '1' } })

async function passes(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms)
  await quiet()
}

// bound: presenceMs
test('comings and goings are told together, at most so often, without a sequence', async () => {
  const { connect } = rig()
  const one = await connect()
  await one.greet(named('one'))
  await passes(0)
  const two = await connect()
  await two.greet(named('two'))
  const three = await connect()
  await three.greet(named('three'))
  two.link.destroy()
  await quiet()
  await passes(limits.presenceMs - 1)
  expect(news(one)).toEqual([])
  await passes(1)
  expect(news(one)).toEqual([[['two', 'three'], ['two']]])
  expect(one.events()[0]?.seq).toBe(undefined)
  three.link.destroy()
  await quiet()
  await passes(limits.presenceMs)
  expect(news(one)).toEqual([
    [['two', 'three'], ['two']],
    [[], ['three']],
  ])
})

test('nobody is told of itself, of who said no Hello, or of a connection that was refused', async () => {
  const { connect } = rig()
  const [one, legacy] = [await connect(), await connect()]
  await one.greet(named('one'))
  legacy.link.destroy()
  const odd = await connect()
  expect(await odd.hello({ protocol: 99 })).toMatchObject({ ok: false })
  await passes(limits.presenceMs)
  expect([news(one), news(odd)]).toEqual([[], []])
})

test('legacy clients, those that watch some tasks only, and those of a listener with its own scope are not told', async () => {
  const { connect } = rig({ listeners: [{}, { scope: 'own' }] })
  const [legacy, narrow, own] = [await connect(), await connect(), await connect(1)]
  await narrow.greet(named('narrow'))
  await narrow.ask({ commandName: 'Subscribe', data: { tasks: ['t'] } })
  await own.greet(named('own'))
  await passes(limits.presenceMs)
  const one = await connect()
  await one.greet(named('one'))
  await passes(limits.presenceMs)
  expect([news(legacy), news(narrow), news(own)]).toEqual([[], [], []])
})

test('a session that is taken up by another link is told as one that came and one that left', async () => {
  const { connect, journal } = rig()
  const watcher = await connect()
  await watcher.greet(named('watcher'))
  const first = await connect()
  const { sessionId } = await first.greet(named('first'))
  await passes(limits.presenceMs)
  watcher.forget()
  const again = await connect()
  await again.greet({ ...named('again'), resume: { sessionId, epoch: journal.epoch, after: 0 } })
  await passes(limits.presenceMs)
  expect(news(watcher)).toEqual([[['again'], ['first']]])
})
