/** ListTasks: which tasks a client is told of, and what that costs. */
import { expect, test, vi } from 'vitest'
import { unsettledStates } from '../../src/wire/commands.ts'
import type { TaskState } from '../../src/wire/commands.ts'
import type { Task } from '../../src/wire/envelope.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'

async function listed(client: MemoryClient, states?: readonly TaskState[]): Promise<string[]> {
  const data = states === undefined ? {} : { states: [...states] }
  const { tasks } = await client.ask<{ tasks: Task[] }>({ commandName: 'ListTasks', data })
  return tasks.map(({ id, state }) => `${id} ${state}`)
}

test('tasks of states before the end are listed without a look at those that have ended', async () => {
  const { connect, runner, store } = rig({ limits: { runningTasks: 1 }, listeners: [{}, { scope: 'own' }] })
  const [client, own] = [await connect(), await connect(1)]
  const ended = await client.start()
  runner.last.started()
  runner.last.ends()
  await client.hears('taskIdle', ended)
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
