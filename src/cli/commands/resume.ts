/** `callboard resume <task…>`: runs settled tasks again under their ids. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { forEachTask } from '../each-task.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { shortIdLength } from '../task-id.ts'
import { watchTasks } from './watch.ts'

export function resumeCommand(): Command {
  return withSharedOptions(new Command('resume'))
    .summary('run settled tasks again')
    .description('Run settled tasks again under their ids. Prints the ids.')
    .argument('<task...>', 'ids, or unique beginnings or ends of them')
    .option('-w, --watch', 'follow them until they settle')
    .action(async (typed: string[], options: { readonly watch?: boolean }, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, async (connection) => {
        const ids = await forEachTask(invocation, connection, typed, (client, taskId) =>
          client.resumeTask(taskId),
        )
        if (options.watch !== true) return
        await watchTasks(invocation, connection, {
          ids,
          after: connection.hello.head,
          idLength: shortIdLength(ids),
        })
      })
    })
}
