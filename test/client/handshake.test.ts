/** What a client makes of the first words of a server, and of none. */
import { describe, expect, test, vi } from 'vitest'
import { RecordingClock } from './recording-clock.ts'
import { clientOf, memoryPlace, serverAt } from './setting.ts'

describe('the handshake', () => {
  test('a native link takes no events until somebody wants them: Unsubscribe follows Hello at once', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place)
    const ready = client.connect()
    const link = await server.nextLink()
    link.ack()
    await link.command('Unsubscribe')
    expect(link.names()).toEqual(['Hello', 'Unsubscribe'])
    await link.hello()
    link.reply('hello', { protocol: 1, clientId: 'c', sessionId: 's', epoch: 'j.1', head: 0 })
    await ready
  })

  test('an Ack without our protocol is refused at once, and says who answered', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place)
    const ready = client.connect().catch((error: unknown) => error)
    const link = await server.nextLink()
    link.say({ type: 'Ack', origin: 'server', data: { clientId: 'x', pid: 77, ppid: 1 } })
    const error = await ready
    expect(error).toMatchObject({ code: 'not_callboard', details: { pid: 77 } })
    expect(String(error)).toContain('process 77')
    await vi.waitFor(() => expect(link.closed).toBe(true))
    expect(link.received).toEqual([])
    expect(server.links).toHaveLength(1)
  })

  test('an Ack of another protocol is refused as well', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const ready = clientOf(place)
      .connect()
      .catch((error: unknown) => error)
    ;(await server.nextLink()).ack({ name: 'other', version: 1 })
    expect(await ready).toMatchObject({ code: 'not_callboard' })
  })

  // bound: clientAckTimeoutMs
  test('a server that says nothing is given up after the time for its Ack', async () => {
    const [place, clock] = [memoryPlace(), new RecordingClock()]
    const server = serverAt(place)
    const client = clientOf(place, { clock, attemptsMax: 1, limits: { clientAckTimeoutMs: 500 } })
    const ready = client.connect().catch((error: unknown) => error)
    await server.nextLink()
    await vi.waitFor(() => expect(clock.waits).toHaveLength(2))
    clock.increment(499)
    expect(client.state).toBe('connecting')
    clock.increment(1)
    expect(await ready).toMatchObject({ code: 'ack_timeout' })
    await client.close()
    expect(clock.running).toBe(0)
  })

  // bound: clientAckTimeoutMs
  test('a server that leaves Hello unanswered is given up as well', async () => {
    const [place, clock] = [memoryPlace(), new RecordingClock()]
    const server = serverAt(place)
    const client = clientOf(place, { clock, attemptsMax: 1, limits: { clientAckTimeoutMs: 500 } })
    const ready = client.connect().catch((error: unknown) => error)
    const link = await server.nextLink()
    link.ack()
    await link.hello()
    clock.increment(499)
    expect(client.state).toBe('connecting')
    clock.increment(1)
    expect(await ready).toMatchObject({ code: 'ack_timeout', message: expect.stringContaining('Hello') })
  })

  const frame = (message: object): string => `${JSON.stringify({ type: 'message', data: message })}\f`
  const data = { clientId: 'a3f7b9c2d1e4', pid: 1, ppid: 1 }
  const reply = { type: 'Reply', origin: 'server', requestId: 'hello', data: { ok: true, result: {} } }

  test.each([
    ['the vocabulary seed', frame({ type: 'Ack', origin: 'Server', data }), 'a …+seed listener'],
    [
      'the framing lines',
      `${JSON.stringify({ type: 'Ack', origin: 'server', data })}\n`,
      'a lines+… listener',
    ],
    ['no protocol at all', 'HTTP/1.1 400 Bad Request\f', 'A frame is one JSON object.'],
    ['an answer before the Ack', frame(reply), 'Reply came before the Ack.'],
  ])('a server that greets with %s is refused at once, with why', async (_, greeting, why) => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place)
    const ready = client.connect().catch((error: unknown) => error)
    const link = await server.nextLink()
    link.sayRaw(Buffer.from(greeting))
    // Too late: who greeted otherwise is not believed any more.
    link.ack()
    expect(await ready).toMatchObject({ code: 'not_callboard', message: expect.stringContaining(why) })
    expect(client.state).toBe('closed')
    await vi.waitFor(() => expect(link.closed).toBe(true))
    expect([server.links.length, link.received]).toEqual([1, []])
  })

  test('who begins so and sends an Ack in the same bytes is not believed either', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place)
    const ready = client.connect().catch((error: unknown) => error)
    const link = await server.nextLink()
    const ack = {
      type: 'Ack',
      origin: 'server',
      data: { ...data, protocol: { name: 'callboard', version: 1 } },
    }
    link.sayRaw(Buffer.from(`${frame(reply)}${frame(ack)}`))
    expect(await ready).toMatchObject({ code: 'not_callboard' })
    expect(client.server).toBeUndefined()
  })

  test.each(['draining', 'limit_exceeded'] as const)('a Hello refused as %s is tried again', async (code) => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place)
    const ready = client.connect()
    const first = await server.nextLink()
    first.ack()
    await first.hello()
    first.refuse('hello', { code, message: 'not now' })
    await (await server.nextLink()).welcome()
    expect(await ready).toMatchObject({ sessionId: 's1' })
  })

  test('a Hello refused for good ends the client with the code of the server', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place)
    const ready = client.connect().catch((error: unknown) => error)
    const link = await server.nextLink()
    link.ack()
    await link.hello()
    link.refuse('hello', { code: 'unsupported', message: 'callboard/2 only', details: { protocol: 2 } })
    expect(await ready).toMatchObject({
      code: 'unsupported',
      message: 'callboard/2 only',
      details: { protocol: 2 },
    })
    expect(client.state).toBe('closed')
  })

  test('an answer to Hello that says nothing we know ends it', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const ready = clientOf(place)
      .connect()
      .catch((error: unknown) => error)
    const link = await server.nextLink()
    link.ack()
    await link.hello()
    link.reply('hello', { welcome: true })
    expect(await ready).toMatchObject({ code: 'not_callboard' })
  })
})
