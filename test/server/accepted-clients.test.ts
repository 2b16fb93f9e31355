import { expect, onTestFinished, test } from 'vitest'
import { limits } from '../../src/limits.ts'
import { AcceptedClients } from '../../src/server/accepted-clients.ts'
import { libraryLog } from '../../src/server/library-log.ts'
import { nodeIpcTransport } from '../../src/transport/node-ipc.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import { frameTextOf } from '../../src/wire/library/frame.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { EdgeWatch } from '../proof/edges.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { eventually, pathIn, started } from './library-pair.ts'

const directory = scratchDirectory()

test('a client’s machine hears that it is behind, and that it is not any more, once each', async () => {
  const path = pathIn(directory)
  const watch = new EdgeWatch()
  const clients = new AcceptedClients({
    path,
    codec: canonicalCodec,
    limits,
    log: libraryLog(() => {}),
    owner: { connected: () => {}, disconnected: () => {}, commanded: () => true },
    actors: { inspect: watch.inspect },
  })
  const listener = nodeIpcTransport.listen({
    path,
    accept: (link) => clients.acceptLink(link),
    error: (error) => {
      throw error
    },
  })
  onTestFinished(async () => {
    listener.close()
    await clients.drain()
  })
  await using link = await RawLink.open(path)
  const rose = 'connection.ready.flowing lag.rose'
  const fell = 'connection.ready.congested lag.fell'
  link.socket.pause()
  const frame = frameTextOf(started('x'.repeat(30_000)))
  let sent = 0
  for (; !watch.taken('connection').has(rose); sent++) clients.broadcast(frame)
  // What its socket took, and the bound.
  expect(sent * frame.length).toBeGreaterThanOrEqual(limits.lagHighBytes)
  for (let more = 0; more < 10; more++, sent++) clients.broadcast(frame)
  expect(watch.taken('connection')).not.toContain(fell)
  link.socket.resume()
  await eventually(() => expect(link.events()).toHaveLength(sent))
  expect(watch.taken('connection')).toContain(fell)
})
