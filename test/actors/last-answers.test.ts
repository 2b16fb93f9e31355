import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { rig } from './rig.ts'
import { quiet, until } from './turns.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

/** A client that has stopped writing, behind more questions than its link can hold answers to. */
async function askedAndEnded() {
  const { connect, connections } = rig({ bufferBytes: 500 })
  const client = await connect()
  const [connection] = connections.all()
  if (connection === undefined) throw new Error('it is not connected')
  client.link.pause()
  for (let ask = 0; ask < 20; ask++) client.send({ commandName: 'GetStatus', requestId: `ask-${ask}` })
  client.link.endWriting()
  await until(() => connections.stateOf(connection) === 'draining')
  return { client, connection, connections }
}

test('a link whose peer writes no more goes with the last of its answers, without a wait', async () => {
  const { client, connection, connections } = await askedAndEnded()
  await quiet()
  expect([connections.stateOf(connection), connection.outbox.isEmpty]).toEqual(['draining', false])
  client.link.resume()
  await until(() => client.closed)
  await until(() => connections.count === 0)
  expect(client.messages.filter((one) => one.type === 'Reply')).toHaveLength(20)
})

test('answers that leave a link which is ready do not end it', async () => {
  const { connect, connections } = rig()
  const client = await connect()
  for (let ask = 0; ask < 3; ask++) await client.ask({ commandName: 'GetStatus' })
  await quiet()
  expect([client.closed, connections.count]).toEqual([false, 1])
})
