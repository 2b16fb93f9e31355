/** `callboard show <task>`: what is known of one task. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { taskReport } from '../rendering/task-report.ts'
import { resolveTaskId } from '../task-id.ts'
import type { Invocation } from '../invocation.ts'

export function showCommand(): Command {
  return withSharedOptions(new Command('show'))
    .summary('say what is known of a task')
    .description('Say what is known of a task: state, command, directory, how it ended.')
    .argument('<task>', 'its id, or a unique beginning or end of it')
    .addHelpText('after', '\nIts output is shown by `callboard watch <task>`.')
    .action(async (typed: string, _options: unknown, command: Command) => show(invocationOf(command), typed))
}

async function show(invocation: Invocation, typed: string): Promise<void> {
  const { output, json } = invocation
  const task = await withConnection(invocation, {}, async ({ client }) =>
    client.getTask(resolveTaskId(typed, await client.listTasks(), advice(invocation, 'ps --all'))),
  )
  if (json) return output.document(task)
  const { paint, columns } = output
  await output.write(`${taskReport(task, { paint, columns, now: Date.now() }).join('\n')}\n`)
}
