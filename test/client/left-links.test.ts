/** Links that a client has left or lost, and what of them must not reach the next one. */
import { describe, expect, test, vi } from 'vitest'
import { ClientLink } from '../../src/client/client-link.ts'
import { clientSettings } from '../../src/client/client-settings.ts'
import { limits } from '../../src/limits.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import { quiet } from '../actors/turns.ts'
import { RecordingClock } from './recording-clock.ts'
import { clientOf, connected, failed, memoryPlace, serverAt } from './setting.ts'
import type { Place } from './setting.ts'

const { clientAckTimeoutMs } = limits

/** A place, and how often it is dialled. */
function watched(): { place: Place; connect: ReturnType<typeof vi.fn<Transport['connect']>> } {
  const { transport, path } = memoryPlace()
  const connect = vi.fn<Transport['connect']>((to, handlers) => transport.connect(to, handlers))
  return { place: { path, transport: { ...transport, connect } }, connect }
}

describe('an attempt that is left', () => {
  test('in the turn in which it was asked for dials nobody', async () => {
    const { place, connect } = watched()
    const client = clientOf(place)
    const ready = failed(client.connect())
    await client.close()
    expect(await ready).toMatchObject({ code: 'closed' })
    await quiet()
    expect(connect).not.toHaveBeenCalled()
  })

  test('and asked for again in one turn dials once', async () => {
    const { place, connect } = watched()
    const silent = (): void => {}
    const owner = { ready: silent, greeted: silent, refused: silent, lost: silent }
    const link = new ClientLink('one', clientSettings({ socketPath: place.path, ...place }), {
      ...owner,
      replied: silent,
      announced: silent,
      unreadable: silent,
    })
    link.dial()
    link.hangUp()
    link.dial()
    await quiet()
    expect(connect).toHaveBeenCalledOnce()
  })

  test('while Hello is unanswered leaves no timer where the client closes', async () => {
    const [place, clock] = [memoryPlace(), new RecordingClock()]
    const server = serverAt(place)
    const client = clientOf(place, { clock })
    const ready = failed(client.connect())
    const link = await server.nextLink()
    link.ack()
    await link.hello()
    await client.close()
    expect(await ready).toMatchObject({ code: 'closed' })
    expect(clock.running).toBe(0)
  })

  // bound: clientAckTimeoutMs
  test.each(['lost', 'abandoned'])(
    'while Hello is unanswered is %s without a cost to the next',
    async (how) => {
      const [place, clock] = [memoryPlace(), new RecordingClock()]
      const server = serverAt(place)
      const client = clientOf(place, { clock, random: () => 0 })
      const abort = new AbortController()
      const first = failed(client.connect({ signal: abort.signal }))
      const left = await server.nextLink()
      left.ack()
      await left.hello()
      if (how === 'lost') left.link.destroy()
      else abort.abort()
      await vi.waitFor(() => expect(client.state).toBe(how === 'lost' ? 'backingOff' : 'offline'))
      const again = client.connect()
      const next = await server.nextLink()
      await next.welcome()
      await again
      await first
      clock.increment(clientAckTimeoutMs)
      await quiet()
      expect([client.state, next.closed]).toEqual(['ready', false])
      expect(clock.running).toBe(0)
    },
  )

  test('because Hello had no answer is not why the next one fails', async () => {
    const [place, clock] = [memoryPlace(), new RecordingClock()]
    const server = serverAt(place)
    const client = clientOf(place, { clock, random: () => 0, attemptsMax: 2 })
    const ready = failed(client.connect())
    const link = await server.nextLink()
    link.ack()
    await link.hello()
    clock.increment(clientAckTimeoutMs)
    await vi.waitFor(() => expect(client.state).toBe('backingOff'))
    server.close()
    clock.increment(0)
    expect(await ready).toMatchObject({ code: 'unreachable' })
  })
})

describe('what a link says', () => {
  test('after it was acknowledged does not vouch for who answers the next time', async () => {
    const { client, server, link } = await connected()
    link.link.destroy()
    const other = await server.nextLink()
    other.sayRaw(Buffer.from('{"type":"TaskEvent"}\n'))
    await vi.waitFor(() => expect(client.state).toBe('closed'))
    expect(await failed(client.connect())).toMatchObject({ code: 'closed', cause: { code: 'not_callboard' } })
  })

  test('in the bytes of its refusal is nobody’s', async () => {
    const { client, server, link } = await connected()
    const listed = client.listTasks()
    const { requestId } = await link.command('ListTasks')
    link.link.destroy()
    const busy = await server.nextLink()
    busy.ack()
    await busy.hello()
    const refused = { ok: false, error: { code: 'busy', message: 'Not now.' } } as const
    const task = { id: 't1', state: 'running', text: '', createdAt: 5, resumable: false, asks: [] }
    const answers = [
      { requestId: 'hello', data: refused },
      { requestId, data: { ok: true, result: { tasks: [task] } } } as const,
    ].map((reply) => canonicalCodec.encodeToClient({ type: 'Reply', origin: 'server', ...reply }))
    busy.sayRaw(Buffer.concat(answers.filter((answer) => answer !== undefined)))
    const again = await server.nextLink()
    await again.welcome({ resumed: true })
    again.reply((await again.command('ListTasks')).requestId, { tasks: [] })
    expect(await listed).toEqual([])
  })

  test('in a second answer to Hello changes nothing', async () => {
    const { client, link } = await connected()
    const hello = { protocol: 1, clientId: 'c9', sessionId: 's9', epoch: 'journal-z.1', head: 9 }
    link.reply('hello', hello)
    const listed = client.listTasks()
    link.reply((await link.command('ListTasks')).requestId, { tasks: [] })
    await listed
    expect(client).toMatchObject({ state: 'ready', clientId: 'c1', server: { epoch: 'journal-a.1' } })
  })
})
