/** `callboard start -- <command…>`: a task that goes on by itself. Prints its id. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { priority, taskRequest } from '../task-request.ts'
import type { Invocation } from '../invocation.ts'
import type { TaskRequestOptions } from '../task-request.ts'

const help = `
Examples:
  id=$(callboard start -- make -j4)     start it and keep its id
  callboard watch "$id"                 follow it
  callboard cancel "$id"                end it`

export function startCommand(): Command {
  return withSharedOptions(new Command('start'))
    .summary('start a command as a task and print its id')
    .description('Start a command as a task and print its id. A daemon is started where none answers.')
    .argument('<command...>', 'program and arguments, after --')
    .option('--stdin', "keep the command's standard input open for `callboard send`")
    .option('--priority <n>', 'its place in the queue: -10 to 10, higher first', priority)
    .passThroughOptions()
    .addHelpText('after', help)
    .action(async (words: string[], options: TaskRequestOptions, command: Command) =>
      start(invocationOf(command), words, options),
    )
}

async function start(
  invocation: Invocation,
  words: readonly string[],
  options: TaskRequestOptions,
): Promise<void> {
  await withConnection(invocation, { autostart: true }, async ({ client }) => {
    const { taskId } = await client.startTask(taskRequest(invocation, words, options))
    if (invocation.json) await invocation.output.document({ taskId })
    else await invocation.output.line(taskId)
  })
}
