/** A client in which something throws that must not: it ends, and leaves nobody waiting. */
import { describe, expect, test, vi } from 'vitest'
import type { CallboardClientOptions } from '../../src/client/callboard-client.ts'
import type { Link, Transport } from '../../src/transport/transport.ts'
import { reader } from './driven-loop.ts'
import { RecordingClock } from './recording-clock.ts'
import { clientOf, connected, failed, memoryPlace, serverAt } from './setting.ts'

/** Thrown by what a program gives its client. */
function throwing(): never {
  throw new Error('this test throws')
}

const fault = { code: 'internal', cause: { message: 'this test throws' } }

/** A client that fails as soon as its link is lost. */
async function failing(options: Partial<CallboardClientOptions> = {}) {
  const clock = new RecordingClock()
  const random = vi.fn<() => number>(throwing)
  return { clock, random, ...(await connected(memoryPlace(), { clock, random, ...options })) }
}

describe('a client that fails', () => {
  test('refuses what waits, ends its loop with why, and holds no timer', async () => {
    const { client, link, clock } = await failing()
    const stream = client.events()
    const next = failed(reader(stream).next())
    const started = failed(client.startTask({ text: 'x' }))
    await link.command('StartNewTask')
    link.link.destroy()
    expect(await started).toMatchObject(fault)
    expect(await next).toMatchObject(fault)
    expect(await failed(stream.subscribed)).toMatchObject(fault)
    expect(client.state).toBe('closed')
    await client.close()
    expect(clock.running).toBe(0)
  })

  test('is closed for whoever asks after that, and can be closed', async () => {
    const { client, link, random } = await failing()
    link.link.destroy()
    await vi.waitFor(() => expect(client.state).toBe('closed'))
    expect(await failed(client.connect())).toMatchObject({ code: 'closed', cause: fault })
    expect(await failed(client.getStatus())).toMatchObject({ code: 'closed', cause: fault })
    expect(() => client.events()).toThrow(expect.objectContaining({ code: 'closed' }))
    await client.close()
    expect(random).toHaveBeenCalledOnce()
  })

  test('refuses whoever waits for a connection', async () => {
    const client = clientOf(memoryPlace(), { random: throwing })
    expect(await failed(client.connect())).toMatchObject(fault)
    expect(client.state).toBe('closed')
  })

  test('on a live link closes that', async () => {
    const place = memoryPlace()
    let broken: Link | undefined
    const transport: Transport = {
      ...place.transport,
      connect: (path, handlers) => (broken = place.transport.connect(path, handlers)),
    }
    const server = serverAt(place)
    const clock = new RecordingClock()
    const client = clientOf({ ...place, transport }, { clock })
    const started = failed(client.startTask({ text: 'x' }))
    const link = await server.nextLink()
    link.ack()
    await link.command('Unsubscribe')
    if (broken !== undefined) vi.spyOn(broken, 'write').mockImplementation(throwing)
    link.reply('hello', { protocol: 1, clientId: 'c1', sessionId: 's1', epoch: 'j.1', head: 0 })
    expect(await started).toMatchObject(fault)
    expect(client.state).toBe('closed')
    await vi.waitFor(() => expect(link.closed).toBe(true))
    await client.close()
    expect(clock.running).toBe(0)
  })
})

test('a path that cannot be dialled at all is a failed attempt, with why', async () => {
  const place = memoryPlace()
  const transport: Transport = { ...place.transport, connect: throwing }
  const client = clientOf({ ...place, transport }, { attemptsMax: 2 })
  expect(await failed(client.connect())).toMatchObject({
    code: 'unreachable',
    cause: { message: 'this test throws' },
  })
  await client.close()
  expect(client.state).toBe('closed')
})
