/** Requests that a client refuses itself, before anything is sent. */
import { describe, expect, test } from 'vitest'
import { canonicalCodec } from '../../src/wire/codec.ts'
import { connected, memoryPlace, failed } from './setting.ts'

describe('what is not sent', () => {
  // bound: clientRequestsMax
  test('more than clientRequestsMax at once', async () => {
    const { client, link } = await connected(memoryPlace(), { limits: { clientRequestsMax: 2 } })
    const first = client.listTasks()
    const second = failed(client.getStatus())
    expect(await failed(client.listTasks())).toMatchObject({ code: 'limit_exceeded' })
    link.reply((await link.command('ListTasks')).requestId, { tasks: [] })
    await first
    const third = client.listTasks()
    link.reply((await link.command('ListTasks')).requestId, { tasks: [] })
    expect(await third).toEqual([])
    await client.close()
    expect(await second).toMatchObject({ code: 'closed' })
  })

  // bound: frameInBytesMax
  test('a frame that is a byte longer than the server takes, and one of that length is', async () => {
    const { client, link } = await connected()
    void failed(client.startTask({ text: 'x' }, { requestId: 'r' }))
    const { clientId: _, ...message } = await link.command('StartNewTask')
    const bytes = canonicalCodec.encodeToServer(message).length
    const bounded = (frameInBytesMax: number) => connected(memoryPlace(), { limits: { frameInBytesMax } })
    const wide = await bounded(bytes)
    void failed(wide.client.startTask({ text: 'x' }, { requestId: 'r' }))
    await wide.link.command('StartNewTask')
    const narrow = await bounded(bytes - 1)
    const refused = failed(narrow.client.startTask({ text: 'x' }, { requestId: 'r' }))
    expect(await refused).toMatchObject({ code: 'frame_too_large' })
  })

  test.each([
    ['a frame that would cost the link', { text: 'x'.repeat(3_000) }, {}, 'frame_too_large'],
    ['an empty requestId', { text: '' }, { requestId: '' }, 'invalid_frame'],
    ['a requestId that is too long', { text: '' }, { requestId: 'x'.repeat(65) }, 'invalid_frame'],
    ['the requestId of Hello', { text: '' }, { requestId: 'hello' }, 'request_conflict'],
  ])('%s', async (_, data, options, code) => {
    const { client, link } = await connected(memoryPlace(), { limits: { frameInBytesMax: 2_000 } })
    expect(await failed(client.startTask(data, options))).toMatchObject({ code })
    expect(link.names()).not.toContain('StartNewTask')
  })

  test('a command that is not valid, and a subscription beside events()', async () => {
    const { client } = await connected()
    expect(await failed(client.getTask(''))).toMatchObject({ code: 'invalid_command' })
    expect(await failed(client.request({ commandName: 'Subscribe' }))).toMatchObject({ code: 'unsupported' })
  })

  test('a requestId that is in flight already', async () => {
    const { client, link } = await connected()
    const first = client.listTasks({}, { requestId: 'mine' })
    expect(await failed(client.listTasks({}, { requestId: 'mine' }))).toMatchObject({
      code: 'request_conflict',
    })
    expect((await link.command('ListTasks')).requestId).toBe('mine')
    link.reply('mine', { tasks: [] })
    await first
  })
})
