/** `callboard clients`: who is connected to the daemon. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { clientTable } from '../rendering/client-table.ts'
import type { Invocation } from '../invocation.ts'

export function clientsCommand(): Command {
  return withSharedOptions(new Command('clients'))
    .summary('list who is connected')
    .description(
      'List who is connected: name, role, how far behind, what it watches and which tasks it holds.',
    )
    .action(async (_options: unknown, command: Command) => clients(invocationOf(command)))
}

async function clients(invocation: Invocation): Promise<void> {
  const { output, json } = invocation
  const found = await withConnection(invocation, {}, async ({ client }) => {
    const all = await client.listClients()
    return all.filter((one) => one.clientId !== client.clientId)
  })
  if (json) return output.document(found)
  const { paint, columns } = output
  const sorted = found.toSorted((one, other) => one.since - other.since)
  await output.write(`${clientTable(sorted, { paint, columns, now: Date.now() }).join('\n')}\n`)
}
