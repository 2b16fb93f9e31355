/** `callboard close <task…>`: ends tasks that run, and takes tasks off the list of what is open. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { forEachTask } from '../each-task.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'

export function closeCommand(): Command {
  return withSharedOptions(new Command('close'))
    .summary('end tasks and put them away')
    .description('End tasks that run and put them away. Their history stays; `resume` opens them again.')
    .argument('<task...>', 'ids, or unique beginnings or ends of them')
    .action(async (typed: string[], _options: unknown, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, (connection) =>
        forEachTask(invocation, connection, typed, (client, taskId) => client.closeTask(taskId)),
      )
    })
}
