/** The queue over a kill of the daemon: who waits keeps the order in which it came, and whose turn it takes. */
import { expect, test } from 'vitest'
import { waiting } from './narrow-rig.ts'
import { keptRestarts } from './restart.ts'

const restarts = keptRestarts()

test('a task that is resumed waits behind those that came before, also after a restart', async () => {
  const daemons = restarts({ limits: { runningTasks: 1 } })
  const before = await daemons.start()
  const client = await before.connect()
  await client.greet()
  const old = await client.start('old')
  before.runner.last.started()
  before.runner.last.ends()
  await client.hears('taskIdle', old)
  await client.start('runs')
  const [one, two] = [await client.start('one'), await client.start('two')]
  await client.ask({ commandName: 'ResumeTask', data: old })
  expect(await waiting(client)).toEqual([one, two, old])

  const after = await daemons.start()
  const again = await after.connect()
  // The one that ran was interrupted: the first has its turn.
  expect(after.runner.last.task.id).toBe(one)
  expect(await waiting(again)).toEqual([two, old])
})

test('a client that came back takes the turns of one client, also after a restart', async () => {
  const daemons = restarts({ limits: { runningTasks: 1 } })
  const before = await daemons.start()
  const first = await before.connect()
  const { sessionId, epoch } = await first.greet()
  const other = await before.connect()
  await other.greet()
  await first.start('runs')
  const early = [await first.start(), await first.start(), await first.start()]
  const back = await before.connect()
  const { head } = await back.greet({ resume: { sessionId, epoch, after: 0 } })
  const late = [await back.start(), await back.start()]
  const others = [await other.start(), await other.start(), await other.start()]
  const inTurn = [early[0], others[0], early[1], others[1], early[2], others[2], ...late]
  expect(await waiting(other)).toEqual(inTurn)

  const after = await daemons.start()
  const again = await after.connect()
  expect(await waiting(again)).toEqual(inTurn.slice(1))
  const resumed = await after.connect()
  await resumed.greet({ resume: { sessionId, epoch, after: head } })
  const last = await resumed.start()
  expect(await waiting(again)).toEqual([...inTurn.slice(1), last])
})
