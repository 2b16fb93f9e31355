import { describe, expect, test, vi } from 'vitest'
import { CallboardError } from '../../src/client/callboard-error.ts'
import type { EventGap, EventStream } from '../../src/client/callboard-client.ts'
import type { EventMessage, Gap } from '../../src/wire/envelope.ts'
import { clientOf, connected, memoryPlace, places, serverAt } from './setting.ts'
import { event } from './scripted-server.ts'
import type { ScriptedLink } from './scripted-server.ts'

/** A loop that the test drives by hand. */
function reader(stream: EventStream): {
  take(count: number): Promise<unknown[]>
  next(): Promise<unknown>
  stop(): Promise<unknown>
} {
  const iterator = stream[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const { done, value } = await iterator.next()
    return done === true ? 'done' : said(value)
  }
  return {
    next,
    stop: async () => iterator.return?.(),
    take: async (count) => {
      const taken: unknown[] = []
      while (taken.length < count) taken.push(await next())
      return taken
    },
  }
}

function said(message: EventMessage | EventGap): unknown {
  return message.type === 'Gap' ? message.data : (message.seq ?? message.data.eventName)
}

function gap(from: number, firstAvailable: number): Gap {
  return { type: 'Gap', origin: 'server', data: { from, firstAvailable } }
}

function events(from: number, to: number, text = ''): EventMessage[] {
  return Array.from({ length: to - from + 1 }, (_, index) => event(from + index, 't1', text))
}

/** A round trip: whatever was said before has been read. */
async function settled(link: ScriptedLink, ask: () => Promise<unknown>): Promise<void> {
  const asked = ask()
  link.reply((await link.command('ListTasks')).requestId, { tasks: [] })
  await asked
}

/** What the server still holds once nothing moves any more: the client has stopped reading. */
async function heldAtRest(link: ScriptedLink): Promise<number> {
  let before = -1
  return vi.waitFor(() => {
    const now = link.link.heldBytes
    const moving = now !== before
    before = now
    if (moving) throw new Error('still moving')
    return now
  })
}

describe.each(places)('over %s', (_, place) => {
  test('a loop subscribes and gets what follows the Reply, in order; leaving it unsubscribes', async () => {
    const { client, link } = await connected(place())
    const stream = client.events({ tasks: ['t1'], events: ['task*', 'message'], after: 3, snapshot: true })
    const { requestId, data } = await link.command('Subscribe')
    expect(data.data).toEqual({ tasks: ['t1'], events: ['task*', 'message'], after: 3, snapshot: true })
    link.say(event(1), event(2))
    link.reply(requestId, { after: 3, head: 5, snapshot: { tasks: [] } })
    link.say(...events(4, 6))
    expect(await stream.subscribed).toEqual({ after: 3, head: 5, snapshot: { tasks: [] } })
    const seen: unknown[] = []
    await link.command('Unsubscribe')
    for await (const message of stream) {
      seen.push(said(message))
      if (seen.length === 3) break
    }
    expect(seen).toEqual([4, 5, 6])
    await link.command('Unsubscribe')
    for await (const _message of stream) expect.unreachable('an ended loop gives nothing')
  })

  test('a reconnect leaves no seam and no duplicate where the session is resumed', async () => {
    const { client, server, link } = await connected(place())
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 3))
    expect(await loop.take(3)).toEqual([1, 2, 3])
    link.link.destroy()
    const again = await server.nextLink()
    again.ack()
    const hello = await again.hello()
    expect(hello.data.resume).toEqual({ sessionId: 's1', epoch: 'journal-a.1', after: 3 })
    // Before the answer it belongs to nobody; after it, what was seen already is not given twice.
    again.say(event(90))
    again.reply('hello', {
      protocol: 1,
      clientId: 'c2',
      sessionId: 's1',
      epoch: 'journal-a.1',
      head: 5,
      resumed: true,
    })
    again.say(...events(2, 6))
    expect(await loop.take(3)).toEqual([4, 5, 6])
    expect(again.names()).toEqual(['Hello'])
  })

  test('a slow loop gets everything in order', async () => {
    const { client, link } = await connected(place(), { limits: { clientEventsWaiting: 8 } })
    const loop = reader(client.events())
    await link.subscribed()
    for (const message of events(1, 3_000, 'x'.repeat(500))) link.say(message)
    const taken = await loop.take(3_000)
    expect(taken).toEqual(events(1, 3_000).map(said))
    expect(link.names().filter((name) => name === 'Subscribe')).toHaveLength(1)
  })
})

describe('a loop', () => {
  test('there is one at a time', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events())
    expect(() => client.events()).toThrow(expect.objectContaining({ code: 'busy' }))
    await loop.stop()
    const second = reader(client.events())
    const first = await link.command('Subscribe')
    const { requestId } = await link.command('Subscribe')
    // The answer to the first one, and what follows it, is nobody's any more.
    link.reply(first.requestId, { after: 0, head: 0 })
    link.say(event(1))
    link.reply(requestId, { after: 1, head: 1 })
    link.say(event(2))
    expect(await second.next()).toBe(2)
  })

  test('begun before connect it connects and subscribes', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const loop = reader(clientOf(place).events())
    const link = await server.nextLink()
    await link.welcome()
    await link.subscribed()
    link.say(event(1))
    expect(await loop.next()).toBe(1)
  })

  test('its signal ends it, also where it waits, and unsubscribes', async () => {
    const { client, link } = await connected()
    const abort = new AbortController()
    const stream = client.events({ signal: abort.signal })
    const loop = reader(stream)
    await link.command('Unsubscribe')
    const waiting = loop.next()
    abort.abort()
    expect(await waiting).toBe('done')
    await expect(stream.subscribed).rejects.toMatchObject({ code: 'aborted' })
    await link.command('Unsubscribe')
    expect(await reader(client.events({ signal: abort.signal })).next()).toBe('done')
    expect(() => client.events()).not.toThrow()
  })

  test('closing the client ends it', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    const waiting = loop.next()
    await client.close()
    expect(await waiting).toBe('done')
  })

  test('a client that gives up makes it throw, after what had come', async () => {
    const { client, server, link } = await connected(memoryPlace(), { attemptsMax: 2 })
    const loop = reader(client.events())
    await link.subscribed()
    link.say(event(1), event(2))
    expect(await loop.next()).toBe(1)
    server.close()
    await vi.waitFor(() => expect(client.state).toBe('closed'))
    expect(await loop.next()).toBe(2)
    const error = await loop.next().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(CallboardError)
    expect(error).toMatchObject({ code: 'unreachable' })
    expect(await loop.next()).toBe('done')
  })

  test('a refused subscription makes it throw, and frees the place', async () => {
    const { client, link } = await connected()
    const stream = client.events()
    const { requestId } = await link.command('Subscribe')
    link.refuse(requestId, { code: 'limit_exceeded', message: 'Too many lanes.' })
    await expect(reader(stream).next()).rejects.toMatchObject({ code: 'limit_exceeded' })
    await expect(stream.subscribed).rejects.toMatchObject({ code: 'limit_exceeded' })
    expect(() => client.events()).not.toThrow()
  })

  test('an answer to Subscribe that cannot be read makes it throw', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events())
    link.reply((await link.command('Subscribe')).requestId, { after: 'soon' })
    await expect(loop.next()).rejects.toMatchObject({ code: 'invalid_frame' })
  })

  test('it gives notices without a sequence number, such as the draining of the daemon', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    const draining: EventMessage = {
      type: 'TaskEvent',
      origin: 'server',
      data: { eventName: 'daemonDraining', payload: [{ deadlineMs: 5 }] },
    }
    link.say(draining, event(1))
    expect(await loop.take(2)).toEqual(['daemonDraining', 1])
  })
})

describe('a slow loop', () => {
  test('stops the reading of the link at its bound, and goes on when half are taken', async () => {
    const { client, link } = await connected(memoryPlace(1_024), { limits: { clientEventsWaiting: 4 } })
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 200, 'x'.repeat(100)))
    const held = await heldAtRest(link)
    expect(held).toBeGreaterThan(20_000)
    expect(await loop.take(1)).toEqual([1])
    expect(await heldAtRest(link)).toBe(held)
    expect(await loop.take(199)).toEqual(events(2, 200).map(said))
    expect(link.names().filter((name) => name === 'Subscribe')).toHaveLength(1)
  })

  test('that asks something gets its answer: the subscription is parked, and taken up where it was', async () => {
    const { client, link } = await connected(memoryPlace(1_024), { limits: { clientEventsWaiting: 4 } })
    const loop = reader(client.events({ tasks: ['t1'] }))
    await link.subscribed()
    await link.command('Unsubscribe')
    link.say(...events(1, 100, 'x'.repeat(100)))
    expect(await heldAtRest(link)).toBeGreaterThan(0)
    await settled(link, () => client.listTasks())
    await link.command('Unsubscribe')
    const firsts = await loop.take(3)
    expect(firsts).toEqual([1, 2, 3])
    const seen: unknown[] = []
    const subscription = link.command('Subscribe')
    const rest = loop.take(97).then((taken) => seen.push(...taken))
    const { requestId, data } = await subscription
    expect(data.data).toMatchObject({ tasks: ['t1'] })
    const after = data.commandName === 'Subscribe' ? (data.data.after ?? 0) : 0
    expect(after).toBeGreaterThanOrEqual(4)
    expect(after).toBeLessThan(100)
    link.reply(requestId, { after, head: 100 })
    link.say(...events(after + 1, 100))
    await rest
    expect(seen).toEqual(events(4, 100).map(said))
  })

  test('with a request in flight is parked instead of paused', async () => {
    const { client, link } = await connected(memoryPlace(), { limits: { clientEventsWaiting: 4 } })
    const loop = reader(client.events())
    await link.subscribed()
    await link.command('Unsubscribe')
    const listed = client.listTasks()
    const { requestId } = await link.command('ListTasks')
    link.say(...events(1, 50))
    await link.command('Unsubscribe')
    link.reply(requestId, { tasks: [] })
    expect(await listed).toEqual([])
    expect(await loop.take(4)).toEqual([1, 2, 3, 4])
    expect(await link.subscribed({ after: 4, head: 50 })).toMatchObject({ data: { after: 4 } })
    link.say(event(5))
    expect(await loop.next()).toBe(5)
  })

  test('that is parked when its link goes is taken up on the next one', async () => {
    const { client, server, link } = await connected(memoryPlace(), { limits: { clientEventsWaiting: 4 } })
    const loop = reader(client.events())
    await link.subscribed()
    await link.command('Unsubscribe')
    const listed = client.listTasks()
    await link.command('ListTasks')
    link.say(...events(1, 4))
    await link.command('Unsubscribe')
    link.link.destroy()
    const again = await server.nextLink()
    const hello = await again.welcome({ resumed: true })
    expect(hello.data.resume?.after).toBe(4)
    await again.command('Unsubscribe')
    again.reply((await again.command('ListTasks')).requestId, { tasks: [] })
    await listed
    expect(again.names()).not.toContain('Subscribe')
    expect(await loop.take(4)).toEqual([1, 2, 3, 4])
    await again.subscribed({ after: 4, head: 5 })
    again.say(event(5))
    expect(await loop.next()).toBe(5)
  })

  test('can be closed with its client while it is paused', async () => {
    const { client, link } = await connected(memoryPlace(1_024), { limits: { clientEventsWaiting: 4 } })
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 100, 'x'.repeat(100)))
    expect(await heldAtRest(link)).toBeGreaterThan(0)
    await client.close()
    expect(await loop.next()).toBe('done')
  })

  test('that is left while paused lets the link read on', async () => {
    const { client, link } = await connected(memoryPlace(1_024), { limits: { clientEventsWaiting: 4 } })
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 100, 'x'.repeat(100)))
    expect(await heldAtRest(link)).toBeGreaterThan(0)
    await loop.stop()
    await settled(link, () => client.listTasks())
    expect(link.link.heldBytes).toBe(0)
  })
})

describe('gaps and journals', () => {
  test('a gap of the first Subscribe is said, and stands in its answer', async () => {
    const { client, link } = await connected()
    const stream = client.events({ after: 3 })
    const loop = reader(stream)
    const missing = { from: 4, firstAvailable: 10, reason: 'retention' } as const
    await link.subscribed({ after: 9, head: 12, gap: missing })
    link.say(event(10))
    expect(await loop.take(2)).toEqual([missing, 10])
    expect(await stream.subscribed).toMatchObject({ gap: missing })
  })

  test('a gap in mid-stream is said in its place', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    link.say(event(1), gap(2, 8), event(8))
    expect(await loop.take(3)).toEqual([1, { from: 2, firstAvailable: 8 }, 8])
  })

  test('a session that is gone is subscribed again where it was', async () => {
    const { client, server, link } = await connected()
    const loop = reader(client.events({ tasks: ['t1'], snapshot: true }))
    await link.subscribed()
    link.say(...events(1, 3))
    expect(await loop.take(3)).toEqual([1, 2, 3])
    link.link.destroy()
    const again = await server.nextLink()
    await again.welcome({ sessionId: 's2', epoch: 'journal-a.2', head: 5, resumed: false })
    again.say(event(4))
    const data = await again.subscribed({ after: 3, head: 5 })
    expect(data).toEqual({ commandName: 'Subscribe', data: { tasks: ['t1'], after: 3 } })
    again.say(event(4), event(5))
    expect(await loop.take(2)).toEqual([4, 5])
  })

  test('retention that overtook the reader while it was away is said once', async () => {
    const { client, server, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    link.say(event(1))
    await loop.next()
    link.link.destroy()
    const again = await server.nextLink()
    const missing = { from: 2, firstAvailable: 40, reason: 'retention' } as const
    await again.welcome({ epoch: 'journal-a.2', head: 50, resumed: false, gap: missing })
    await again.subscribed({ after: 39, head: 50, gap: missing })
    again.say(event(40))
    expect(await loop.take(2)).toEqual([missing, 40])
  })

  test('retention that overtook a resumed session is said, and it goes on', async () => {
    const { client, server, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    link.say(event(1))
    await loop.next()
    link.link.destroy()
    const again = await server.nextLink()
    const missing = { from: 2, firstAvailable: 40, reason: 'retention' } as const
    await again.welcome({ head: 50, resumed: true, gap: missing })
    again.say(event(40))
    expect(await loop.take(2)).toEqual([missing, 40])
  })

  test('a journal that lost its end is said, and read on from its head', async () => {
    const { client, server, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 9))
    await loop.take(9)
    link.link.destroy()
    const again = await server.nextLink()
    await again.welcome({ sessionId: 's2', epoch: 'journal-a.2', head: 5, resumed: false })
    const missing = { from: 10, firstAvailable: 1, reason: 'beyond' } as const
    expect(await again.subscribed({ after: 5, head: 5, gap: missing })).toMatchObject({ data: { after: 9 } })
    again.say(event(6))
    expect(await loop.take(2)).toEqual([missing, 6])
    again.link.destroy()
    const third = await server.nextLink()
    const hello = await third.welcome({ sessionId: 's2', epoch: 'journal-a.2', head: 6, resumed: true })
    expect(hello.data.resume).toEqual({ sessionId: 's2', epoch: 'journal-a.2', after: 6 })
  })

  test('another journal is never taken for the old one: its gap is said, and it is read from its start', async () => {
    const { client, server, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 3))
    await loop.take(3)
    link.link.destroy()
    const again = await server.nextLink()
    await again.welcome({ sessionId: 's2', epoch: 'journal-b.1', head: 9, resumed: false })
    expect(await again.subscribed({ after: 0, head: 9 })).toMatchObject({ data: { after: 0 } })
    again.say(...events(1, 2))
    expect(await loop.take(3)).toEqual([{ from: 4, firstAvailable: 1, reason: 'other_journal' }, 1, 2])
  })

  test('a link that goes before the answer to Subscribe costs nothing', async () => {
    const { client, server, link } = await connected()
    const stream = client.events({ after: 7 })
    await link.command('Subscribe')
    link.link.destroy()
    const again = await server.nextLink()
    await again.welcome({ resumed: true })
    await again.command('Unsubscribe')
    expect(await again.subscribed({ after: 7, head: 7 })).toMatchObject({ data: { after: 7 } })
    expect(await stream.subscribed).toEqual({ after: 7, head: 7 })
  })
})

test('over many lost links every event comes once and in order', async () => {
  const { client, server, link } = await connected()
  const loop = reader(client.events())
  await link.subscribed()
  const total = 60
  const taking = loop.take(total)
  let live = link
  let last = 0
  let seed = 7
  while (last < total) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    const to = Math.min(total, last + 1 + (seed % 9))
    live.say(...events(last + 1, to))
    if (to === total) break
    live.link.end()
    live = await server.nextLink()
    live.ack()
    const after = (await live.hello()).data.resume?.after ?? 0
    expect(after).toBeLessThanOrEqual(to)
    live.reply('hello', {
      protocol: 1,
      clientId: 'c',
      sessionId: 's1',
      epoch: 'journal-a.1',
      head: to,
      resumed: true,
    })
    last = after
  }
  expect(await taking).toEqual(events(1, total).map(said))
})
