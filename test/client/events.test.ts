import { describe, expect, test, vi } from 'vitest'
import { CallboardError } from '../../src/client/callboard-error.ts'
import type { EventMessage } from '../../src/wire/envelope.ts'
import { events, reader, said } from './driven-loop.ts'
import { event } from './scripted-server.ts'
import { clientOf, connected, memoryPlace, places, serverAt } from './setting.ts'

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
