/** `callboard cancel <task…>`: asks running tasks to end. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { forEachTask } from '../each-task.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'

export function cancelCommand(): Command {
  return withSharedOptions(new Command('cancel'))
    .summary('end tasks')
    .description('Ask tasks to end: TERM, and KILL where that does not help. Prints the ids.')
    .argument('<task...>', 'ids, or unique beginnings or ends of them')
    .action(async (typed: string[], _options: unknown, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, (connection) =>
        forEachTask(invocation, connection, typed, (client, taskId) => client.cancelTask(taskId)),
      )
    })
}
