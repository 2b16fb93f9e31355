/** `callboard status`: what the daemon says of itself. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { statusReport } from '../rendering/status-report.ts'
import type { Invocation } from '../invocation.ts'

export function statusCommand(): Command {
  return withSharedOptions(new Command('status'))
    .summary('say how the daemon is')
    .description(
      'Say how the daemon is: version, listeners, connections, tasks, journal, memory. 69 where none answers.',
    )
    .action(async (_options: unknown, command: Command) => status(invocationOf(command)))
}

async function status(invocation: Invocation): Promise<void> {
  const { output, json } = invocation
  const found = await withConnection(invocation, {}, ({ client }) => client.getStatus())
  if (json) await output.document(found)
  else await output.write(`${statusReport(found, Date.now()).join('\n')}\n`)
}
