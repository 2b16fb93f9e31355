/** What a client does after a lost link: how often it dials, and what it says then. */
import { describe, expect, test, vi } from 'vitest'
import { RecordingClock } from './recording-clock.ts'
import { clientOf, connected, memoryPlace, serverAt } from './setting.ts'

describe('coming back', () => {
  // bound: reconnectFirstMs, reconnectLastMs
  test('the waits double up to the last, with full jitter, and the end comes after attemptsMax', async () => {
    const clock = new RecordingClock()
    const random = vi.fn<() => number>(() => 0.5)
    const limits = { reconnectFirstMs: 100, reconnectLastMs: 500, clientAckTimeoutMs: 77 }
    const client = clientOf(memoryPlace(), { clock, random, attemptsMax: 5, limits })
    const failed = client.connect().catch((error: unknown) => error)
    const backOffs = (): number[] => clock.waits.filter((ms) => ms !== 77)
    for (let attempt = 1; attempt < 5; attempt += 1) {
      await vi.waitFor(() => expect(client.state).toBe('backingOff'))
      expect(backOffs()).toHaveLength(attempt)
      clock.increment(500)
    }
    expect(await failed).toMatchObject({ code: 'unreachable' })
    expect(backOffs()).toEqual([50, 100, 200, 250])
    expect(random).toHaveBeenCalledTimes(4)
    expect(clock.running).toBe(0)
  })

  test('a server that acknowledges and hangs up is a failure each time: it is not dialled without end', async () => {
    const place = memoryPlace()
    const server = serverAt(place)
    const client = clientOf(place, { attemptsMax: 3 })
    const failed = client.connect().catch((error: unknown) => error)
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const link = await server.nextLink()
      link.ack()
      await link.hello()
      link.link.destroy()
    }
    expect(await failed).toMatchObject({ code: 'unreachable' })
    expect(server.links).toHaveLength(3)
  })

  test('connect does not wait for the back-off to end', async () => {
    const [place, clock] = [memoryPlace(), new RecordingClock()]
    const client = clientOf(place, { clock, random: () => 0.9 })
    const first = client.connect()
    await vi.waitFor(() => expect(client.state).toBe('backingOff'))
    const server = serverAt(place)
    const second = client.connect()
    await (await server.nextLink()).welcome()
    expect(await first).toEqual(await second)
  })

  test('after a lost link it says Hello with the session, its epoch and the place', async () => {
    const { server, link } = await connected()
    link.link.destroy()
    const again = await server.nextLink()
    const hello = await again.welcome({ resumed: true })
    expect(hello.data.resume).toEqual({ sessionId: 's1', epoch: 'journal-a.1', after: 0 })
  })

  test('a peer that only half-closes is a lost link too', async () => {
    const { server, link, client } = await connected()
    link.link.end()
    await (await server.nextLink()).welcome({ resumed: true })
    await vi.waitFor(() => expect(client.state).toBe('ready'))
  })

  test('a frame of the server that passes every bound breaks the link, and it comes back', async () => {
    const { server, link, client } = await connected()
    const mebibyte = Buffer.alloc(1024 * 1024, 0x20)
    mebibyte[0] = 0x7b
    for (let sent = 0; sent < 36; sent += 1) link.sayRaw(mebibyte)
    const again = await server.nextLink()
    await again.welcome({ resumed: true })
    await vi.waitFor(() => expect(client.state).toBe('ready'))
  })
})
