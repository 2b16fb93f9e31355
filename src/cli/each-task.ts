/**
 * One request for each of several tasks, as `cancel`, `close` and `resume` make it. One that is refused does not keep
 * the others from being asked; the command then fails as a whole.
 */
import { CallboardError } from '../client/callboard-error.ts'
import { Failure } from './failure.ts'
import { advice } from './invocation.ts'
import { resolveTaskId } from './task-id.ts'
import type { Connection } from './connection.ts'
import type { Invocation } from './invocation.ts'
import type { CallboardClient } from '../client/callboard-client.ts'

export type TaskRequest = (client: CallboardClient, taskId: string) => Promise<void>

/** Prints the ids of the tasks for which `request` was done, and returns them. Throws Failure where one was refused. */
export async function forEachTask(
  invocation: Invocation,
  { client }: Connection,
  typed: readonly string[],
  request: TaskRequest,
): Promise<string[]> {
  const { output, json } = invocation
  const known = await client.listTasks()
  const ids = [...new Set(typed.map((one) => resolveTaskId(one, known, advice(invocation, 'ps --all'))))]
  const done: string[] = []
  const refusals: string[] = []
  for (const id of ids) {
    const refusal = await refusalOf(request(client, id))
    if (refusal === undefined) done.push(id)
    else refusals.push(refusal)
  }
  if (json) await output.document({ tasks: done })
  else if (done.length > 0) await output.write(`${done.join('\n')}\n`)
  for (const refusal of refusals.slice(1)) output.say(refusal)
  if (refusals[0] !== undefined) throw new Failure(refusals[0])
  return done
}

async function refusalOf(request: Promise<void>): Promise<string | undefined> {
  try {
    await request
    return undefined
  } catch (error) {
    if (error instanceof CallboardError && error.code !== 'closed') return error.message
    throw error
  }
}
