import { describe, expect, test, vi } from 'vitest'
import type { Transport } from '../../src/transport/transport.ts'
import { events, heldAtRest, reader, said, settled } from './driven-loop.ts'
import { event } from './scripted-server.ts'
import { connected, memoryPlace } from './setting.ts'

describe('a slow loop', () => {
  // bound: clientEventsWaiting
  test('lets the link be read below its bound, stops it there, and lets it go on at half', async () => {
    const place = memoryPlace()
    const told: string[] = []
    const transport: Transport = {
      listen: (options) => place.transport.listen(options),
      connect(path, handlers) {
        const link = place.transport.connect(path, handlers)
        vi.spyOn(link, 'pause').mockImplementation(() => void told.push('pause'))
        vi.spyOn(link, 'resume').mockImplementation(() => void told.push('resume'))
        return link
      },
    }
    const { client, link } = await connected({ ...place, transport }, { limits: { clientEventsWaiting: 4 } })
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 3))
    await settled(link, () => client.listTasks())
    expect(told).toEqual([])
    link.say(event(4))
    await vi.waitFor(() => expect(told).toEqual(['pause']))
    expect(await loop.take(1)).toEqual([1])
    expect(told).toEqual(['pause'])
    expect(await loop.take(1)).toEqual([2])
    expect(told).toEqual(['pause', 'resume'])
  })

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
