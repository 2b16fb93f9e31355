/** How a client begins and ends. */
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
