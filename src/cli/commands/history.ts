/** `callboard history [task…]`: what the journal holds, without following it. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { EventPrinter } from '../event-printer.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { resolveTaskId, shortIdLength } from '../task-id.ts'
import { sequence } from './watch.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'

interface HistoryOptions {
  readonly after?: number
}

const help = `
Examples:
  callboard history                     everything that is kept
  callboard history 3f2a91c0            what one task did
  callboard history --after 1200        what came after that event
  callboard history --json | jq .data   events as they are

\`watch\` shows the same and goes on.`

export function historyCommand(): Command {
  return withSharedOptions(new Command('history'))
    .summary('print what happened')
    .description('Print the events that the journal holds, of all tasks or of those named, and end.')
    .argument('[task...]', 'ids, or unique beginnings or ends of them')
    .option('--after <sequence>', 'begin after this event', sequence)
    .addHelpText('after', help)
    .action(async (typed: string[], options: HistoryOptions, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, (connection) => history(invocation, connection, typed, options))
    })
}

async function history(
  invocation: Invocation,
  { client }: Connection,
  typed: readonly string[],
  { after = 0 }: HistoryOptions,
): Promise<void> {
  const known = await client.listTasks()
  const tasks = typed.map((one) => resolveTaskId(one, known, advice(invocation, 'ps --all')))
  const printer = new EventPrinter(
    invocation.output,
    invocation.json,
    shortIdLength(known.map((task) => task.id)),
  )
  const named = tasks.length === 0 ? {} : { tasks }
  for await (const item of client.events({ ...named, after, until: 'head' })) await printer.print(item)
}
