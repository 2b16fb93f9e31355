/** `callboard ps [--all]`: the tasks that are not settled, or all that are known. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { taskTable } from '../rendering/task-report.ts'
import type { Invocation } from '../invocation.ts'
import { unsettledStates } from '../../wire/commands.ts'

export function psCommand(): Command {
  return withSharedOptions(new Command('ps'))
    .summary('list tasks')
    .description('List the tasks that have not settled, oldest first.')
    .option('-a, --all', 'settled and closed ones too')
    .action(async (options: { readonly all?: boolean }, command: Command) =>
      ps(invocationOf(command), options.all === true),
    )
}

async function ps(invocation: Invocation, all: boolean): Promise<void> {
  const { output, json } = invocation
  const states = [...unsettledStates]
  const tasks = await withConnection(invocation, {}, ({ client }) => client.listTasks(all ? {} : { states }))
  const sorted = tasks.toSorted((one, other) => one.createdAt - other.createdAt)
  if (json) return output.document(sorted)
  const { paint, columns } = output
  await output.write(`${taskTable(sorted, { paint, columns, now: Date.now() }).join('\n')}\n`)
}
