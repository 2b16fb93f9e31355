/** ListTasks and GetStatus: which tasks a client is told of, and what that costs. */
import { expect, test, vi } from 'vitest'
import { unsettledStates } from '../../src/wire/commands.ts'
import type { TaskState } from '../../src/wire/commands.ts'
import type { Status, Task } from '../../src/wire/envelope.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'

async function listed(client: MemoryClient, states?: readonly TaskState[]): Promise<string[]> {
  const data = states === undefined ? {} : { states: [...states] }
  const { tasks } = await client.ask<{ tasks: Task[] }>({ commandName: 'ListTasks', data })
  return tasks.map(({ id, state }) => `${id} ${state}`)
}

/** One task has ended, and one runs at once. `own` is on a listener that shows it its own tasks alone. */
async function oneEnded() {
  const { connect, runner, store } = rig({ limits: { runningTasks: 1 }, listeners: [{}, { scope: 'own' }] })
  const [client, own] = [await connect(), await connect(1)]
  const ended = await client.start()
  runner.last.started()
  runner.last.ends()
  await client.hears('taskIdle', ended)
  return { client, own, ended, runner, store }
}

test('tasks of states before the end are listed without a look at those that have ended', async () => {
  const { client, own, ended, runner, store } = await oneEnded()
  const running = await client.start()
  runner.last.started()
  const queued = await own.start()
  const all = vi.spyOn(store, 'tasks')
  expect(await listed(client, unsettledStates)).toEqual([`${running} running`, `${queued} queued`])
  expect(await listed(client, ['queued'])).toEqual([`${queued} queued`])
  expect(await listed(client, [])).toEqual([])
  expect(await listed(own, unsettledStates)).toEqual([`${queued} queued`])
  expect(all).not.toHaveBeenCalled()
  expect(await listed(client, ['queued', 'completed'])).toEqual([`${ended} completed`, `${queued} queued`])
  expect(await listed(client)).toHaveLength(3)
})

test('a status counts tasks by state without a look at each; on a scope=own listener only its own', async () => {
  const { client, own, ended, runner, store } = await oneEnded()
  await client.ask({ commandName: 'CloseTask', data: await client.start() })
  await client.start()
  runner.last.started()
  await own.start()
  const counted = async (one: MemoryClient): Promise<unknown> =>
    (await one.ask<Status>({ commandName: 'GetStatus' })).tasks
  const all = vi.spyOn(store, 'tasks')
  expect(await counted(client)).toEqual({ completed: 1, closed: 1, running: 1, queued: 1 })
  expect(all).not.toHaveBeenCalled()
  expect(await counted(own)).toEqual({ queued: 1 })
  await client.ask({ commandName: 'PruneTasks', data: { ids: [ended] } })
  expect(await counted(client)).toEqual({ closed: 1, running: 1, queued: 1 })
})
