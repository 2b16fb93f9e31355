/** Requests whose link goes before their reply: which ones go out again, and when. */
import { describe, expect, test } from 'vitest'
import { events, reader } from './driven-loop.ts'
import { connected, memoryPlace, failed } from './setting.ts'

describe('a link that is lost with requests in flight', () => {
  test('in a resumed session every one of them goes out again under its id', async () => {
    const { client, server, link } = await connected()
    const started = client.startTask({ text: 'once' })
    const listed = client.listTasks()
    const [start, list] = [await link.command('StartNewTask'), await link.command('ListTasks')]
    link.link.destroy()
    const again = await server.nextLink()
    await again.welcome({ resumed: true })
    expect(await again.command('StartNewTask')).toEqual(start)
    expect(await again.command('ListTasks')).toEqual(list)
    again.reply(start.requestId, { taskId: 't7' })
    again.reply(list.requestId, { tasks: [] })
    expect(await started).toEqual({ taskId: 't7' })
    expect(await listed).toEqual([])
  })

  test('over a restart of the daemon too: the journal is the same, only its epoch is another one', async () => {
    const { client, server, link } = await connected()
    const loop = reader(client.events())
    await link.subscribed()
    link.say(...events(1, 3))
    await loop.take(3)
    const answered = client.respondToAsk('a1', { text: 'yes' })
    const respond = await link.command('RespondToAsk')
    link.link.destroy()
    const restarted = await server.nextLink()
    const hello = await restarted.welcome({ resumed: true, epoch: 'journal-a.2', clientId: 'c2', head: 5 })
    expect(hello.data.resume).toEqual({ sessionId: 's1', epoch: 'journal-a.1', after: 3 })
    expect(await restarted.command('RespondToAsk')).toEqual(respond)
    restarted.say(...events(4, 5))
    restarted.reply(respond.requestId, {})
    await answered
    expect(await loop.take(2)).toEqual([4, 5])
    expect(restarted.names()).toEqual(['Hello', 'RespondToAsk'])
    restarted.link.destroy()
    const third = await (await server.nextLink()).welcome({ resumed: true, epoch: 'journal-a.3' })
    expect(third.data.resume).toEqual({ sessionId: 's1', epoch: 'journal-a.2', after: 5 })
  })

  test('in a new session queries go out again, and what may have been done is refused', async () => {
    const { client, server, link } = await connected()
    const started = failed(client.startTask({ text: 'once' }))
    const listed = client.listTasks()
    await link.command('StartNewTask')
    await link.command('ListTasks')
    link.link.destroy()
    const again = await server.nextLink()
    const unsent = client.startTask({ text: 'later' })
    await again.welcome({ resumed: false, sessionId: 's2', epoch: 'journal-a.2' })
    expect(await started).toMatchObject({
      code: 'closed',
      message: expect.stringContaining('unknown whether it was done'),
    })
    again.reply((await again.command('ListTasks')).requestId, { tasks: [] })
    expect(await listed).toEqual([])
    const later = await again.command('StartNewTask')
    expect(later.data.data).toMatchObject({ text: 'later' })
    again.reply(later.requestId, { taskId: 't8' })
    expect(await unsent).toEqual({ taskId: 't8' })
  })

  test('nothing goes out before the new Hello is answered', async () => {
    const { client, server, link } = await connected()
    const listed = client.listTasks()
    await link.command('ListTasks')
    link.link.destroy()
    const again = await server.nextLink()
    again.ack()
    await again.hello()
    await again.command('Unsubscribe')
    expect(again.names()).toEqual(['Hello', 'Unsubscribe'])
    again.reply('hello', { protocol: 1, clientId: 'c', sessionId: 's', epoch: 'j.1', head: 0, resumed: true })
    again.reply((await again.command('ListTasks')).requestId, { tasks: [] })
    await listed
  })

  test('a client that gives up rejects them with why', async () => {
    const { client, server, link } = await connected(memoryPlace(), { attemptsMax: 2 })
    const started = failed(client.startTask({ text: 'x' }))
    await link.command('StartNewTask')
    server.close()
    expect(await started).toMatchObject({ code: 'unreachable' })
    expect(await failed(client.getStatus())).toMatchObject({ code: 'closed', cause: { code: 'unreachable' } })
  })
})
