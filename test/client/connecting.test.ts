import { describe, expect, test, vi } from 'vitest'
import { CallboardError } from '../../src/client/callboard-error.ts'
import { RecordingClock } from './recording-clock.ts'
import { clientOf, connected, memoryPlace, places, serverAt } from './setting.ts'

describe.each(places)('over %s', (_, place) => {
  test('connect resolves with the answer to Hello', async () => {
    const at = place()
    const server = serverAt(at)
    const client = clientOf(at, { name: 'editor', version: '2', role: 'observer', task: 't9' })
    expect(client.state).toBe('offline')
    const ready = client.connect()
    const link = await server.nextLink()
    const hello = await link.welcome({ clientId: 'abc', head: 7 })
    expect(hello.data).toEqual({
      protocol: 1,
      client: { name: 'editor', version: '2' },
      role: 'observer',
      task: 't9',
    })
    expect(await ready).toMatchObject({ clientId: 'abc', sessionId: 's1', head: 7 })
    expect(client).toMatchObject({ state: 'ready', clientId: 'abc' })
    expect(client.server).toEqual({ pid: 4242, ppid: 1, epoch: 'journal-a.1' })
  })

  test('where nobody listens, a client with one attempt is told so', async () => {
    const client = clientOf(place(), { attemptsMax: 1 })
    const error = await client.connect().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(CallboardError)
    expect(error).toMatchObject({
      code: 'unreachable',
      cause: { code: expect.stringMatching(/ENOENT|ECONNREFUSED/) },
    })
    expect(client.state).toBe('closed')
  })

  test('it closes both ends, and twice does no harm', async () => {
    const { client, link } = await connected(place())
    await client.close()
    await client.close()
    await vi.waitFor(() => expect(link.closed).toBe(true))
    await expect(client.connect()).rejects.toMatchObject({ code: 'closed' })
    await expect(client.getStatus()).rejects.toMatchObject({ code: 'closed' })
    expect(() => client.events()).toThrow(CallboardError)
  })
})

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

describe('coming back', () => {
  // bound: reconnectFirstMs, reconnectLastMs
  test('the waits double up to the last, with full jitter, and the end comes after attemptsMax', async () => {
    const clock = new RecordingClock()
    const random = vi.fn<() => number>(() => 0.5)
    const limits = { reconnectFirstMs: 100, reconnectLastMs: 500, clientAckTimeoutMs: 77 }
    const client = clientOf(memoryPlace(), { clock, random, attemptsMax: 5, limits })
    const failed = client.connect().catch((error: unknown) => error)
    const backOffs = (): number[] => clock.waits.filter((ms) => ms !== 77)
    for (let attempt = 1; attempt < 5; attempt += 1) {
      await vi.waitFor(() => expect(client.state).toBe('backingOff'))
      expect(backOffs()).toHaveLength(attempt)
      clock.increment(500)
    }
    expect(await failed).toMatchObject({ code: 'unreachable' })
    expect(backOffs()).toEqual([50, 100, 200, 250])
    expect(random).toHaveBeenCalledTimes(4)
    expect(clock.running).toBe(0)
  })

  test('a server that acknowledges and hangs up is a failure each time: it is not dialled without end', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place, { attemptsMax: 3 })
    const failed = client.connect().catch((error: unknown) => error)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const link = await server.nextLink()
      link.ack()
      await link.hello()
      link.link.destroy()
    }
    expect(await failed).toMatchObject({ code: 'unreachable' })
    expect(server.links).toHaveLength(3)
  })

  test('connect does not wait for the back-off to end', async () => {
    const [place, clock] = [memoryPlace(), new RecordingClock()]
    const client = clientOf(place, { clock, random: () => 0.9 })
    const first = client.connect()
    await vi.waitFor(() => expect(client.state).toBe('backingOff'))
    const server = serverAt(place)
    const second = client.connect()
    await (await server.nextLink()).welcome()
    expect(await first).toEqual(await second)
  })

  test('after a lost link it says Hello with the session, its epoch and the place', async () => {
    const { server, link } = await connected()
    link.link.destroy()
    const again = await server.nextLink()
    const hello = await again.welcome({ resumed: true })
    expect(hello.data.resume).toEqual({ sessionId: 's1', epoch: 'journal-a.1', after: 0 })
  })

  test('a peer that only half-closes is a lost link too', async () => {
    const { server, link, client } = await connected()
    link.link.end()
    await (await server.nextLink()).welcome({ resumed: true })
    await vi.waitFor(() => expect(client.state).toBe('ready'))
  })

  test('a frame of the server that passes every bound breaks the link, and it comes back', async () => {
    const { server, link, client } = await connected()
    const mebibyte = Buffer.alloc(1024 * 1024, 0x20)
    mebibyte[0] = 0x7b
    for (let sent = 0; sent < 36; sent += 1) link.sayRaw(mebibyte)
    const again = await server.nextLink()
    await again.welcome({ resumed: true })
    await vi.waitFor(() => expect(client.state).toBe('ready'))
  })
})

describe('ending', () => {
  test('a first connect that is aborted stops dialling, and can be asked for again', async () => {
    const place = memoryPlace()
    const client = clientOf(place)
    const abort = new AbortController()
    const ready = client.connect({ signal: abort.signal }).catch((error: unknown) => error)
    await vi.waitFor(() => expect(client.state).toBe('backingOff'))
    abort.abort(new Error('enough'))
    expect(await ready).toMatchObject({ code: 'aborted', cause: { message: 'enough' } })
    expect(client.state).toBe('offline')
    const server = serverAt(place)
    const again = client.connect()
    await (await server.nextLink()).welcome()
    await again
    await expect(client.connect({ signal: abort.signal })).rejects.toMatchObject({ code: 'aborted' })
    expect(client.state).toBe('ready')
  })

  test('await using closes it', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    {
      await using client = clientOf(place)
      const ready = client.connect()
      await (await server.nextLink()).welcome()
      await ready
    }
    await vi.waitFor(() => expect(server.links[0]?.closed).toBe(true))
  })

  test('closing leaves no timer, in whatever state', async () => {
    for (const until of ['offline', 'connecting', 'backingOff', 'ready'] as const) {
      const [place, clock] = [memoryPlace(), new RecordingClock()]
      const client = clientOf(place, { clock })
      const server = until === 'backingOff' || until === 'offline' ? undefined : serverAt(place)
      const ready = until === 'offline' ? undefined : client.connect().catch(() => {})
      if (until === 'ready') await (await server?.nextLink())?.welcome()
      await vi.waitFor(() => expect(client.state).toBe(until))
      await client.close()
      await ready
      expect([until, client.state, clock.running]).toEqual([until, 'closed', 0])
    }
  })

  test('a peer that does not read cannot keep a closing client', async () => {
    const [place, clock] = [memoryPlace(64), new RecordingClock()]
    const { client, link } = await connected(place, { clock })
    link.link.pause()
    const waiting = client.startTask({ text: 'x'.repeat(10_000) }).catch((error: unknown) => error)
    const closed = client.close()
    clock.increment(1_000)
    await closed
    expect(await waiting).toMatchObject({ code: 'closed' })
    expect(clock.running).toBe(0)
  })
})
