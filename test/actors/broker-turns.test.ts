/** The broker does one thing at a time: what comes meanwhile, of its connections or for its machine, is done after it. */
import { expect, test } from 'vitest'
import type { Connection } from '../../src/actors/connection.ts'
import { rig } from './rig.ts'
import type { Rig } from './rig.ts'
import { quiet } from './turns.ts'

/** A ready connection, in whose inbox a question waits. */
async function asked(at: Rig): Promise<Connection> {
  await at.connect()
  const connection = [...at.connections.all()].at(-1)
  if (connection === undefined) throw new Error('it is not connected')
  const data = { commandName: 'GetStatus' as const }
  connection.inbox.push({
    ok: true,
    message: { type: 'TaskCommand', origin: 'client', requestId: '1', data },
  })
  return connection
}

test('a read that comes within a transaction is routed when that is committed', async () => {
  const at = rig()
  const connection = await asked(at)
  let answered: boolean | undefined
  at.broker.transact(() => {
    at.broker.received(connection)
    answered = !connection.outbox.isEmpty
  })
  expect([answered, connection.outbox.isEmpty, connection.inbox]).toEqual([false, false, []])
})

test('a drain that is asked for within a transaction begins when that is committed, and all that came in order', async () => {
  const at = rig()
  const connection = await asked(at)
  const states: string[] = []
  at.broker.transact(() => {
    at.broker.drain(1_000)
    at.broker.received(connection)
    states.push(at.broker.state)
  })
  states.push(at.broker.state)
  expect(states).toEqual(['serving', 'draining.waiting'])
  expect(JSON.stringify(connection.outbox.take()?.toString())).toContain('draining.waiting')
})

test('what waits is done also where the step before it throws', async () => {
  const at = rig()
  const connection = await asked(at)
  const step = (): void => {
    at.broker.received(connection)
    throw new Error('a mistake')
  }
  expect(() => at.broker.transact(step)).toThrow('a mistake')
  expect(connection.outbox.isEmpty).toBe(false)
  expect(at.broker.transactions.isOpen).toBe(false)
})

test('routing that throws closes that connection, and the broker goes on', async () => {
  const at = rig()
  const broken = await asked(at)
  const sound = await asked(at)
  Object.defineProperty(broken.outbox, 'isFull', {
    get: () => {
      throw new Error('a mistake')
    },
  })
  for (const connection of [broken, sound]) at.broker.received(connection)
  await quiet()
  expect([at.connections.get(broken.id), at.broker.state]).toEqual([undefined, 'serving'])
  expect([at.connections.isReady(sound), sound.inbox]).toEqual([true, []])
})
