/** `callboard prune`: forgets tasks that have ended, with all that they told, before the daemon would. */
import { Command, InvalidArgumentError } from 'commander'
import { withConnection } from '../connection.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { parseDuration } from '../rendering/duration.ts'
import { resolveTaskId } from '../task-id.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'

interface PruneOptions {
  readonly olderThan?: number
}

const help = `
Examples:
  callboard prune 3f2a                  forget one task
  callboard prune --older-than 7d       those that were started before that
  callboard prune --older-than 0s       all that have ended

It cannot be undone: \`callboard store backup\` first, where in doubt. Tasks that
run or wait stay; \`close\` ends them. The daemon itself forgets what is oldest,
past its config's store.retention. As then, \`history\` begins above the last
event of what went, for tasks that stay too: prune what is oldest, in order.
What was told last may stay in the daemon's memory, and be shown, until more
is told.`

export function pruneCommand(): Command {
  return withSharedOptions(new Command('prune'))
    .summary('forget tasks that have ended')
    .description('Forget tasks that have ended, with their history.')
    .argument('[task...]', 'ids, or unique beginnings or ends of them')
    .option('--older-than <time>', 'started longer ago than this, such as 12h or 7d', age)
    .addHelpText('after', help)
    .action(async (typed: string[], options: PruneOptions, command: Command) => {
      const invocation = invocationOf(command)
      if (typed.length === 0 && options.olderThan === undefined)
        throw new Failure('say which tasks: their ids, or --older-than <time>.', exitCodes.usage)
      await withConnection(invocation, {}, (connection) => prune(invocation, connection, typed, options))
    })
}

async function prune(
  invocation: Invocation,
  { client }: Connection,
  typed: readonly string[],
  { olderThan }: PruneOptions,
): Promise<void> {
  const known = typed.length === 0 ? [] : await client.listTasks()
  const ids = typed.map((one) => resolveTaskId(one, known, advice(invocation, 'ps --all')))
  const pruned = await client.pruneTasks({
    ...(olderThan === undefined ? {} : { before: Date.now() - olderThan }),
    ...(ids.length === 0 ? {} : { ids }),
  })
  if (invocation.json) await invocation.output.document({ pruned })
  else await invocation.output.line(`Forgot ${pruned} ${pruned === 1 ? 'task' : 'tasks'}.`)
}

function age(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined) throw new InvalidArgumentError('A time such as 30s, 10m, 12h or 7d is expected.')
  return ms
}
