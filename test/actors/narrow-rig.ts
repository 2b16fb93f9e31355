/** A rig in which one task runs at a time, and who waits in it. */
import type { Task } from '../../src/wire/envelope.ts'
import type { FakeRun } from './fake-runner.ts'
import type { MemoryClient } from './memory-client.ts'
import type { RigOptions } from './rig.ts'

export const narrow = (more: RigOptions = {}): RigOptions => ({
  ...more,
  limits: { runningTasks: 1, ...more.limits },
})

export const getTask = async (client: MemoryClient, task: string): Promise<Task> =>
  await client.ask<Task>({ commandName: 'GetTask', data: task })

/** Those that wait, in order. */
export async function waiting(client: MemoryClient): Promise<string[]> {
  const { tasks } = await client.ask<{ tasks: Task[] }>({
    commandName: 'ListTasks',
    data: { states: ['queued'] },
  })
  return tasks.toSorted((one, other) => (one.queuePlace ?? 0) - (other.queuePlace ?? 0)).map(({ id }) => id)
}

/** Its run starts and ends. */
export function finish(run: FakeRun | undefined): void {
  run?.started()
  run?.ends()
}
