import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import type { Limits } from '../../src/limits.ts'
import { memoryTransport } from '../../src/transport/memory.ts'
import type { MemoryLink } from '../../src/transport/memory.ts'
import { quiet, until } from '../actors/turns.ts'
import { keptServer, started } from './library-pair.ts'
import type { KeptServer } from './library-pair.ts'

/** A server over memory with so many raw clients, each with its Ack. */
async function served(
  count: number,
  changed: Partial<Limits>,
): Promise<KeptServer & { links: MemoryLink[] }> {
  const transport = memoryTransport(64)
  const kept = keptServer('/s', { transport, limits: changed })
  kept.server.listen()
  const silent = (): void => {}
  const handlers = { opened: silent, data: silent, drained: silent, ended: silent, closed: silent }
  const links: MemoryLink[] = []
  onTestFinished(() => links.forEach((link) => link.destroy()))
  for (let number = 1; number <= count; number++) {
    links.push(transport.connect('/s', handlers))
    await until(() => kept.connected.length === number)
  }
  await quiet()
  return { ...kept, links }
}

// bound: frameSweepMs
test('an unfinished frame past its deadline costs its link at the next sweep, and not before', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { links, disconnected } = await served(1, { frameDeadlineMs: 2 * limits.frameSweepMs })
  links[0]?.write(Buffer.from('{"type":'))
  await quiet()
  vi.advanceTimersByTime(3 * limits.frameSweepMs - 1)
  await quiet()
  expect(disconnected).toEqual([])
  vi.advanceTimersByTime(1)
  await until(() => disconnected.length === 1)
})

describe('what waits for clients that take nothing', () => {
  const event = started('x')
  const frameBytes = Buffer.byteLength(`${JSON.stringify({ type: 'message', data: event })}\f`)

  // bound: serverOutboxBytesMax
  test.each(['send', 'broadcast'] as const)(
    'may reach the bound of one; a client for which more waits is closed by the next %s',
    async (how) => {
      for (const [serverOutboxBytesMax, closes] of [
        [2 * frameBytes, false],
        [2 * frameBytes - 1, true],
      ] as const) {
        const { server, links, connected, disconnected } = await served(1, { serverOutboxBytesMax })
        links[0]?.pause()
        // The first is the socket's.
        for (let frames = 0; frames < 4; frames++) {
          expect(disconnected).toEqual([])
          if (how === 'send') server.send(connected[0] ?? '', event)
          else server.broadcast(event)
        }
        expect(disconnected).toHaveLength(closes ? 1 : 0)
      }
    },
  )

  // bound: serverOutboxesBytesMax
  test('may reach the bound of all together; past it the one for which the most waits is closed', async () => {
    for (const [serverOutboxesBytesMax, closes] of [
      [3 * frameBytes, false],
      [3 * frameBytes - 1, true],
    ] as const) {
      const { server, links, connected, disconnected } = await served(2, { serverOutboxesBytesMax })
      for (const link of links) link.pause()
      const [one = '', other = ''] = connected
      for (let frames = 0; frames < 3; frames++) server.send(one, event)
      server.send(other, event)
      expect(disconnected).toEqual([])
      server.send(other, event)
      expect(disconnected).toEqual(closes ? [one] : [])
    }
  })

  test('counts no more once a client has gone', async () => {
    const bounds = { serverOutboxesBytesMax: 2 * frameBytes }
    const { server, links, connected, disconnected } = await served(2, bounds)
    for (const link of links) link.pause()
    const [gone = '', there = ''] = connected
    for (let frames = 0; frames < 2; frames++) server.send(gone, event)
    links[0]?.destroy()
    await until(() => disconnected.length === 1)
    for (let frames = 0; frames < 3; frames++) server.send(there, event)
    await quiet()
    expect(disconnected).toEqual([gone])
  })
})

describe('a server that closes', () => {
  test('has not until what it sent has left', async () => {
    const { server, links, disconnected } = await served(1, {})
    links[0]?.pause()
    for (let frames = 0; frames < 4; frames++) server.broadcast(started('x'))
    const closed = vi.fn<() => void>()
    const closing = server.close().then(closed)
    await quiet()
    expect([disconnected.length, closed.mock.calls.length]).toEqual([1, 0])
    links[0]?.resume()
    await closing
  })

  test('sweeps no more', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { server } = await served(0, {})
    expect(vi.getTimerCount()).toBe(1)
    await server.close()
    expect(vi.getTimerCount()).toBe(0)
  })
})
