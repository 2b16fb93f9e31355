/** Being in a lane is the `ready` state: checked at every turn of random histories. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import type { Rig } from './rig.ts'
import { quiet } from './turns.ts'

const kinds = [
  'connect',
  'hello',
  'subscribe',
  'unsubscribe',
  'start',
  'speak',
  'pause',
  'resume',
  'endWriting',
  'destroy',
  'junk',
  'takeUp',
  'turns',
] as const

const step = fc.record({ kind: fc.constantFrom(...kinds), client: fc.nat(5) })
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function check({ connections, lanes }: Rig): void {
  for (const connection of connections.all()) {
    const { subscriber, session } = connection
    const subscribed = connections.isReady(connection) && session?.filter !== undefined
    expect(subscriber?.lane !== undefined).toBe(subscribed)
  }
  expect(connections.count === 0 && lanes.count > 0).toBe(false)
}

async function act(world: Rig, clients: MemoryClient[], { kind, client: index }: Step): Promise<void> {
  const client = clients[index % Math.max(1, clients.length)]
  if (kind === 'connect') clients.push(await world.connect())
  else if (kind === 'turns') await quiet(index * 2)
  else if (kind === 'speak') {
    for (const run of world.runner.runs) run.says('x'.repeat(300))
  } else if (client !== undefined && client.messages.length > 0) actOn(client, kind)
}

function actOn(client: MemoryClient, kind: Step['kind']): void {
  if (kind === 'hello' || kind === 'takeUp') {
    const resume = { sessionId: 'session-1', epoch: client.ack.epoch ?? '', after: 0 }
    const data = {
      protocol: 1,
      client: { name: 'n', version: '1' },
      ...(kind === 'takeUp' ? { resume } : {}),
    }
    client.link.write(client.codec.encodeToServer({ type: 'Hello', origin: 'client', data }))
  } else if (kind === 'subscribe')
    client.send({ commandName: 'Subscribe', data: { events: ['message'], after: 0 } })
  else if (kind === 'unsubscribe') client.send({ commandName: 'Unsubscribe' })
  else if (kind === 'start') client.send({ commandName: 'StartNewTask', data: {} })
  else if (kind === 'pause') client.link.pause()
  else if (kind === 'resume') client.link.resume()
  else if (kind === 'endWriting') client.link.endWriting()
  else if (kind === 'destroy') client.link.destroy()
  else if (kind === 'junk') client.link.write(Buffer.from('{}\f[]\f\f{"type":"message"}\f'))
}

test('a link is in a lane exactly while its machine is ready and it has a subscription', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (history) => {
      const world = rig({
        bufferBytes: 2_000,
        limits: { slabBytes: 1_024, tailBytesMax: 8_192, laneTailBytesMax: 2_048, linkDrainMs: 5 },
      })
      world.runner.prompt = true
      const clients: MemoryClient[] = []
      for (const one of history) {
        await act(world, clients, one)
        check(world)
        await quiet(1)
        check(world)
      }
      for (const client of clients) client.link.destroy()
      await quiet(20)
      check(world)
      expect(world.connections.count).toBe(0)
    }),
    { numRuns: 60 },
  )
})
