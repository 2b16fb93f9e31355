/** What is left of a client, and of what it did, once that is over: nothing. */
import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { isCollected } from '../collected.ts'
import { connected, memoryPlace, serverAt, socketPlace } from './setting.ts'
import type { Place } from './setting.ts'

test('a signal that outlives connecting keeps nothing of it', async () => {
  const place = memoryPlace()
  const server = serverAt(place)
  const { signal } = new AbortController()
  await using client = new CallboardClient({ ...place, socketPath: place.path })
  const ready = client.connect({ signal })
  await (await server.nextLink()).welcome()
  await ready
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a signal that outlives loops keeps nothing of them', async () => {
  const { client } = await connected()
  const { signal } = new AbortController()
  for (let time = 0; time < 3; time++) {
    const loop = client.events({ signal })[Symbol.asyncIterator]()
    await loop.return?.()
  }
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

/** Refers to a function that lives as long as anything of the client that was given it. */
async function closedClient(place: Place): Promise<WeakRef<object>> {
  const server = serverAt(place)
  const random = (): number => 0
  const client = new CallboardClient({ ...place, socketPath: place.path, random })
  const ready = client.connect()
  await (await server.nextLink()).welcome()
  await ready
  await client.close()
  return new WeakRef(random)
}

test('a client that was closed is collected', async () => {
  const ref = await closedClient(socketPlace())
  await expect.poll(() => isCollected(ref)).toBe(true)
})
