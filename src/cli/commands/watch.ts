/**
 * `callboard watch [task…]`: what happens, as it happens. Named tasks are shown from what is kept of their beginning
 * until they settle; without names everything is shown from now on, until Ctrl-C.
 */
import { Command, InvalidArgumentError } from 'commander'
import { withConnection } from '../connection.ts'
import { EventPrinter } from '../event-printer.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { TaskFollower } from '../task-follower.ts'
import { resolveTaskId, shortIdLength } from '../task-id.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'

interface WatchOptions {
  readonly after?: number
}

const help = `
Examples:
  callboard watch                       everything, from now on
  callboard watch 3f2a91c0              one task: what it did so far, and on
                                        until it settles
  callboard watch --after 0             everything that is still kept, then on
  callboard watch --json | jq .data     events as they are`

export function watchCommand(): Command {
  return withSharedOptions(new Command('watch'))
    .summary('follow tasks: their states and their output')
    .description(
      'Follow tasks: named ones from their beginning until they settle, else everything from now on.',
    )
    .argument('[task...]', 'ids, or unique beginnings or ends of them')
    .option('--after <sequence>', 'begin after this event; 0: with the oldest that is kept', sequence)
    .addHelpText('after', help)
    .action(async (typed: string[], options: WatchOptions, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, (connection) => watch(invocation, connection, typed, options))
    })
}

async function watch(
  invocation: Invocation,
  connection: Connection,
  typed: readonly string[],
  options: WatchOptions,
): Promise<void> {
  const known = await connection.client.listTasks()
  const idLength = shortIdLength(known.map((task) => task.id))
  if (typed.length === 0) return watchAll(invocation, connection, idLength, options.after)
  const ids = typed.map((one) => resolveTaskId(one, known))
  return watchTasks(invocation, connection, { ids, after: options.after ?? 0, idLength })
}

async function watchAll(
  { output, json }: Invocation,
  { client }: Connection,
  idLength: number,
  after: number | undefined,
): Promise<void> {
  const printer = new EventPrinter(output, json, idLength)
  const events = client.events(after === undefined ? {} : { after })
  for await (const item of events) await printer.print(item)
}

/** Follows `ids` from sequence `after` until each of them has settled. */
export async function watchTasks(
  { output, json }: Invocation,
  { client }: Connection,
  what: { readonly ids: readonly string[]; readonly after: number; readonly idLength: number },
): Promise<void> {
  const printer = new EventPrinter(output, json, what.idLength)
  const events = client.events({ tasks: [...what.ids], after: what.after, snapshot: true })
  const { head, snapshot } = await events.subscribed
  const tasks = (snapshot?.tasks ?? []).filter((task) => what.ids.includes(task.id))
  await new TaskFollower(client, tasks, head).follow(events, (item) => printer.print(item))
}

function sequence(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('Give the sequence number of an event.')
  return Number(value)
}
