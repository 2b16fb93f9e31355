import { describe, expect, test } from 'vitest'
import { events, gap, reader, said } from './driven-loop.ts'
import { event } from './scripted-server.ts'
import { connected } from './setting.ts'

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

  test('a journal that took the place of another is the same one after the next lost link', async () => {
    const { client, server, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    link.say(event(7))
    await loop.next()
    link.link.destroy()
    const other = await server.nextLink()
    await other.welcome({ epoch: 'journal-b.1', head: 1, resumed: false })
    await other.subscribed({ after: 0, head: 1 })
    other.say(event(1))
    expect(await loop.take(2)).toEqual([{ from: 8, firstAvailable: 1, reason: 'other_journal' }, 1])
    other.link.destroy()
    const again = await server.nextLink()
    await again.welcome({ epoch: 'journal-b.2', head: 2, resumed: false })
    expect(await again.subscribed({ after: 1, head: 2 })).toMatchObject({ data: { after: 1 } })
    again.say(event(2))
    expect(await loop.take(1)).toEqual([2])
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
