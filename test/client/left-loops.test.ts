/** Loops that were left, and links that went under one: what of them must not reach the next. */
import { describe, expect, test, vi } from 'vitest'
import type { Transport } from '../../src/transport/transport.ts'
import { events, heldAtRest, reader, sayLag, settled } from './driven-loop.ts'
import { RecordingClock } from './recording-clock.ts'
import { event } from './scripted-server.ts'
import { connected, memoryPlace } from './setting.ts'

const until = 'head' as const
const narrow = { limits: { clientEventsWaiting: 4 } }

/** A client whose loops hold four events, and what it says to its links. */
async function narrowed() {
  const place = memoryPlace()
  const told: string[] = []
  const transport: Transport = {
    ...place.transport,
    connect(path, handlers) {
      const link = place.transport.connect(path, handlers)
      const [pause, resume] = [link.pause.bind(link), link.resume.bind(link)]
      vi.spyOn(link, 'pause').mockImplementation(() => {
        told.push('pause')
        pause()
      })
      vi.spyOn(link, 'resume').mockImplementation(() => {
        told.push('resume')
        resume()
      })
      return link
    },
  }
  return { told, ...(await connected({ ...place, transport }, narrow)) }
}

describe('a loop that was left', () => {
  test('and is left again takes nothing from the next one', async () => {
    const { client, link } = await connected()
    const first = reader(client.events())
    await link.subscribed()
    await first.stop()
    const second = reader(client.events())
    await link.subscribed()
    await first.stop()
    expect(() => client.events()).toThrow(expect.objectContaining({ code: 'busy' }))
    link.say(event(1))
    expect(await second.next()).toBe(1)
    // One follows Hello, one the first loop.
    expect(link.names().filter((name) => name === 'Unsubscribe')).toHaveLength(2)
  })

  test('before its Subscribe was answered takes nothing from the next one by that answer', async () => {
    const { client, link } = await connected()
    const first = reader(client.events({ until }))
    const { requestId } = await link.command('Subscribe')
    await first.stop()
    const second = reader(client.events())
    link.reply(requestId, { after: 0, head: 0 })
    await link.subscribed()
    link.say(event(1))
    expect(await second.next()).toBe(1)
    expect(() => client.events()).toThrow(expect.objectContaining({ code: 'busy' }))
  })

  test('and is asked for more does not let the link of the next one be read on', async () => {
    const { client, link, told } = await narrowed()
    const first = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 4))
    await vi.waitFor(() => expect(told).toEqual(['pause']))
    await first.stop()
    expect(told).toEqual(['pause', 'resume'])
    client.events()
    await link.subscribed({ after: 4, head: 4 })
    link.say(...events(5, 8))
    await vi.waitFor(() => expect(told).toEqual(['pause', 'resume', 'pause']))
    expect(await first.next()).toBe('done')
    expect(told).toEqual(['pause', 'resume', 'pause'])
  })
})

describe('a link that goes under a loop', () => {
  test('while that is full does not keep the next link from being held back', async () => {
    const { client, server, link } = await connected(memoryPlace(1_024), narrow)
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 3))
    await settled(link, () => client.listTasks())
    // The event that fills it, and what ends the link, in the bytes of one read.
    link.say(event(4))
    link.sayRaw(Buffer.from('{"type":"TaskEvent"}\n'))
    const again = await server.nextLink()
    await again.welcome({ resumed: true })
    again.say(...events(5, 200, 'x'.repeat(100)))
    expect(await heldAtRest(again)).toBeGreaterThan(20_000)
    expect(await loop.take(200)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
  })

  test('before Subscribe was answered takes the time for that answer with it', async () => {
    const clock = new RecordingClock()
    const { client, link } = await connected(memoryPlace(), { clock })
    client.events()
    await link.command('Subscribe')
    link.link.destroy()
    await vi.waitFor(() => expect(client.state).toBe('backingOff'))
    await client.close()
    expect(clock.running).toBe(0)
  })
})

describe('a full loop with a request in flight is parked', () => {
  test('and takes the subscription up when half are taken', async () => {
    const { client, link, told } = await narrowed()
    const loop = reader(client.events())
    await link.subscribed()
    await link.command('Unsubscribe')
    link.say(...events(1, 4))
    await vi.waitFor(() => expect(told).toEqual(['pause']))
    await settled(link, () => client.listTasks())
    await link.command('Unsubscribe')
    expect(await loop.take(2)).toEqual([1, 2])
    expect(await link.subscribed({ after: 4, head: 4 })).toMatchObject({ data: { after: 4 } })
  })

  test.each(['answered', 'lost'])('also where a question for what is to come was %s before', async (how) => {
    const { client, server, link } = await connected(memoryPlace(), narrow)
    const loop = reader(client.events({ tasks: ['t1'], after: 0, until }))
    const first = loop.next()
    await link.subscribed({ after: 0, head: 90 })
    const { requestId } = await link.command('ListClients')
    let live = link
    if (how === 'lost') {
      link.link.destroy()
      live = await server.nextLink()
      await live.welcome({ resumed: true })
    } else await link.command('Unsubscribe')
    live.say(event(1))
    expect(await first).toBe(1)
    if (how === 'answered') sayLag(live, requestId, 400)
    await settled(live, () => client.listTasks())
    const listed = client.listTasks()
    const asked = await live.command('ListTasks')
    live.say(...events(2, 9))
    await live.command('Unsubscribe')
    live.reply(asked.requestId, { tasks: [] })
    expect(await listed).toEqual([])
  })
})
