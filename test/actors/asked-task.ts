/** A task whose run asks, over the memory rig, with what tests of asks say and look for. */
import type { Task } from '../../src/wire/envelope.ts'
import type { Ask, AskOutcome, TaskEvent } from '../../src/wire/events.ts'
import type { FakeRun } from './fake-runner.ts'
import type { MemoryClient } from './memory-client.ts'
import { rig } from './rig.ts'
import type { Rig, RigOptions } from './rig.ts'

export const yesOrNo = {
  kind: 'approval',
  options: [
    { id: 'no', label: 'No', meaning: 'deny' },
    { id: 'yes', label: 'Yes', meaning: 'allow' },
  ],
} as const

interface Setting extends Rig {
  readonly native: MemoryClient
  readonly legacy: MemoryClient
  readonly task: string
  readonly run: FakeRun
}

/** A task that runs, started by a native client, with a legacy one beside it. */
export async function running(
  options: RigOptions = {},
  callboard?: Record<string, unknown>,
): Promise<Setting> {
  const made = rig(options)
  const [native, legacy] = [await made.connect(), await made.connect()]
  await native.greet({ client: { name: 'one', version: '1' } })
  const task = await native.start('prompt', callboard)
  const run = made.runner.last
  run.started()
  await native.hears('taskStarted', task)
  await legacy.hears('taskStarted', task)
  native.forget()
  legacy.forget()
  return { ...made, native, legacy, task, run }
}

export const getTask = async (client: MemoryClient, task: string): Promise<Task> =>
  await client.ask<Task>({ commandName: 'GetTask', data: task })

export async function openAsk(client: MemoryClient, task: string, index = 0): Promise<Ask> {
  const ask = (await getTask(client, task)).asks[index]
  if (ask === undefined) throw new Error('nothing is asked')
  return ask
}

export const respond = (askId: string, said: Record<string, unknown>) => ({
  commandName: 'RespondToAsk' as const,
  data: { askId, ...said },
})

export function payloads<Name extends TaskEvent['eventName']>(
  client: MemoryClient,
  name: Name,
): Extract<TaskEvent, { eventName: Name }>['payload'][] {
  return client.events().flatMap(({ data }) => (data.eventName === name ? [data.payload as never] : []))
}

export const outcomes = (client: MemoryClient): AskOutcome[] =>
  payloads(client, 'askResolved').map(([, one]) => one)
