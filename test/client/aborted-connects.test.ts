/** A connect that its caller gives up: who else needs the connection keeps it. */
import { describe, expect, test, vi } from 'vitest'
import { RecordingClock } from './recording-clock.ts'
import { clientOf, connected, failed, memoryPlace, serverAt } from './setting.ts'

describe('connecting that is aborted', () => {
  test('ends nobody else’s', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place)
    const abort = new AbortController()
    const aborted = failed(client.connect({ signal: abort.signal }))
    const other = client.connect()
    abort.abort()
    expect(await aborted).toMatchObject({ code: 'aborted' })
    await (await server.nextLink()).welcome()
    expect(await other).toMatchObject({ sessionId: 's1' })
  })

  test.each(['a request', 'a loop'])('goes on where %s waits', async (who) => {
    const place = memoryPlace()
    const client = clientOf(place)
    const abort = new AbortController()
    const aborted = failed(client.connect({ signal: abort.signal }))
    if (who === 'a loop') client.events()
    else void failed(client.listTasks())
    abort.abort()
    expect(await aborted).toMatchObject({ code: 'aborted' })
    const link = await serverAt(place).nextLink()
    await link.welcome()
    await link.command(who === 'a loop' ? 'Subscribe' : 'ListTasks')
  })

  test('leaves a client that had a session on its way back', async () => {
    const clock = new RecordingClock()
    const { client, server, link } = await connected(memoryPlace(), { clock, random: () => 0 })
    link.link.destroy()
    await vi.waitFor(() => expect(client.state).toBe('backingOff'))
    const abort = new AbortController()
    const aborted = failed(client.connect({ signal: abort.signal }))
    abort.abort()
    expect(await aborted).toMatchObject({ code: 'aborted' })
    await (await server.nextLink()).welcome({ resumed: true })
    await vi.waitFor(() => expect(client.state).toBe('ready'))
  })
})
