/** `callboard release <task>`: lets others steer a task again. `--steal` also where somebody else holds it. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { oneLine } from '../rendering/plain-text.ts'
import { resolveTaskId, shortId } from '../task-id.ts'
import { CallboardError } from '../../client/callboard-error.ts'
import { holderSchema } from '../../wire/events.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'

interface ReleaseOptions {
  readonly steal?: boolean
}

const help = `
A lease belongs to who claimed it: \`claim\` releases it at Ctrl-C. Somebody
else's ends with

  callboard release --steal 3f2a

which is told to everybody who watches.`

export function releaseCommand(): Command {
  return withSharedOptions(new Command('release'))
    .summary('let others steer a task again')
    .description('End the lease on a task, so that everybody may steer it. Prints its id.')
    .argument('<task>', 'its id, or a unique beginning or end of it')
    .option('--steal', "end somebody else's lease")
    .addHelpText('after', help)
    .action(async (typed: string, options: ReleaseOptions, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, (connection) => release(invocation, connection, typed, options))
    })
}

async function release(
  invocation: Invocation,
  { client }: Connection,
  typed: string,
  { steal = false }: ReleaseOptions,
): Promise<void> {
  const { output, json } = invocation
  const tasks = await client.listTasks()
  const taskId = resolveTaskId(typed, tasks, advice(invocation, 'ps --all'))
  if (steal) await client.claimTask(taskId, { steal })
  try {
    await client.releaseTask(taskId)
  } catch (error) {
    if (!(error instanceof CallboardError) || error.code !== 'not_owner') throw error
    const how = advice(invocation, `release --steal ${shortId(taskId)}`)
    throw new Failure(`${whoHolds(error)}: ${how} ends its lease all the same.`, exitCodes.failure, {
      cause: error,
    })
  }
  if (json) await output.document({ tasks: [taskId] })
  else await output.line(taskId)
}

/** Without what the daemon tells programs to do next: a person is told the command for it. */
function whoHolds({ details }: CallboardError): string {
  const holder = holderSchema.safeParse(details?.['holder'])
  if (!holder.success) return 'another client holds this task'
  const { clientId, client } = holder.data
  return `${client === undefined ? clientId : `${oneLine(client)} (${clientId})`} holds this task`
}
