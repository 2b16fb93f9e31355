import { describe, expect, test } from 'vitest'
import { events, gap, reader, sayLag } from './driven-loop.ts'
import { event } from './scripted-server.ts'
import type { ScriptedLink } from './scripted-server.ts'
import { connected, memoryPlace, places } from './setting.ts'

const until = 'head' as const

/** Answers the ListClients that comes: so many bytes are still to be sent to `clientId`. */
async function lag(link: ScriptedLink, lagBytes: number, clientId = 'c1'): Promise<void> {
  sayLag(link, (await link.command('ListClients')).requestId, lagBytes, clientId)
}

describe.each(places)('over %s', (_, place) => {
  test('a loop until the head gives what there was and ends, also while more comes', async () => {
    const { client, link } = await connected(place())
    const loop = reader(client.events({ after: 2, until }))
    const asked = await link.subscribed({ after: 2, head: 5 })
    expect(asked).toEqual({ commandName: 'Subscribe', data: { after: 2 } })
    link.say(...events(3, 8))
    expect(await loop.take(4)).toEqual([3, 4, 5, 'done'])
    await link.command('Unsubscribe')
  })
})

describe('a loop until the head', () => {
  test('of one task ends when the server has nothing more to send, though the head is of another', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events({ tasks: ['t1'], after: 0, until }))
    const taken = loop.take(3)
    await link.subscribed({ after: 0, head: 9 })
    link.say(event(3))
    await lag(link, 400)
    link.say(event(7))
    await lag(link, 0)
    expect(await taken).toEqual([3, 7, 'done'])
  })

  test('ends at once where there is nothing', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events({ after: 5, until }))
    await link.subscribed({ after: 5, head: 5 })
    expect(await loop.next()).toBe('done')
    const again = reader(client.events({ until }))
    await link.subscribed({ after: 5, head: 5 })
    expect(await again.next()).toBe('done')
  })

  test('ends where only later events of others follow', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events({ tasks: ['t1'], after: 0, until }))
    await link.subscribed({ after: 0, head: 9 })
    link.say(event(3), event(12))
    expect(await loop.take(2)).toEqual([3, 'done'])
  })

  test('says a gap, and no notices of the present', async () => {
    const { client, link } = await connected()
    const loop = reader(client.events({ after: 0, until }))
    await link.subscribed({ after: 0, head: 9 })
    link.say(event(1), gap(2, 9))
    link.say({
      type: 'TaskEvent',
      origin: 'server',
      data: { eventName: 'daemonDraining', payload: [{ deadlineMs: 1 }] },
    })
    link.say(event(9))
    expect(await loop.take(4)).toEqual([1, { from: 2, firstAvailable: 9 }, 9, 'done'])
  })

  test('goes on over a lost link to the head that there was', async () => {
    const { client, server, link } = await connected()
    const loop = reader(client.events({ tasks: ['t1'], after: 0, until }))
    const taken = loop.take(3)
    await link.subscribed({ after: 0, head: 9 })
    link.say(event(3))
    await link.command('ListClients')
    link.link.destroy()
    const again = await server.nextLink()
    await again.welcome({ resumed: true, clientId: 'c2', head: 14 })
    again.say(event(7))
    await lag(again, 0, 'c2')
    expect(await taken).toEqual([3, 7, 'done'])
  })

  test('a slow one gets everything: to ask how far it is parks nothing', async () => {
    const { client, link } = await connected(memoryPlace(), { limits: { clientEventsWaiting: 4 } })
    const loop = reader(client.events({ tasks: ['t1'], after: 0, until }))
    const first = loop.next()
    await link.subscribed({ after: 0, head: 90 })
    await link.command('Unsubscribe')
    const { requestId } = await link.command('ListClients')
    link.say(...events(1, 50))
    link.refuse(requestId, { code: 'busy', message: 'Not now.' })
    expect(await first).toBe(1)
    expect(await loop.take(49)).toEqual(Array.from({ length: 49 }, (_, index) => index + 2))
    await expect(loop.next()).rejects.toMatchObject({ code: 'busy' })
    expect(link.names().filter((name) => name === 'Subscribe')).toHaveLength(1)
  })

  test('whose server does not know it fails instead of waiting for ever', async () => {
    const { client, link } = await connected()
    const next = reader(client.events({ tasks: ['t1'], after: 0, until })).next()
    await link.subscribed({ after: 0, head: 9 })
    const refused = next.catch((error: unknown) => error)
    await lag(link, 0, 'somebody')
    expect(await refused).toMatchObject({ code: 'invalid_frame' })
  })
})
