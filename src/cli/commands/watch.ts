/**
 * `callboard watch [task…]`: what happens, as it happens. Named tasks are shown from what is kept of their beginning
 * until they settle; without names everything is shown from now on, until Ctrl-C.
 */
import { Command, InvalidArgumentError } from 'commander'
import { askPrompter } from '../asking/follow-asks.ts'
import { withConnection } from '../connection.ts'
import { EventPrinter } from '../event-printer.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { TaskFollower } from '../task-follower.ts'
import { resolveTaskId, shortIdLength } from '../task-id.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'
import type { AskPrompter } from '../asking/ask-prompter.ts'
import type { EventMessage, Gap, Task } from '../../wire/envelope.ts'

interface WatchOptions {
  readonly after?: number
  readonly interactive?: boolean
}

const help = `
Examples:
  callboard watch                       everything, from now on
  callboard watch 3f2a91c0              one task: what it did so far, and on
                                        until it settles
  callboard watch --after 0             everything that is still kept, then on
  callboard watch -i 3f2a91c0           and answer what it asks
  callboard watch --json | jq .data     events as they are`

export function watchCommand(): Command {
  return withSharedOptions(new Command('watch'))
    .summary('follow tasks: their states and their output')
    .description(
      'Follow tasks: named ones from their beginning until they settle, else everything from now on.',
    )
    .argument('[task...]', 'ids, or unique beginnings or ends of them')
    .option('--after <sequence>', 'begin after this event; 0: with the oldest that is kept', sequence)
    .option('-i, --interactive', 'ask on this terminal what they ask')
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
  using asks = options.interactive === true ? askers(invocation, connection) : undefined
  const known = await connection.client.listTasks()
  const idLength = shortIdLength(known.map((task) => task.id))
  if (typed.length === 0) return watchAll(invocation, connection, idLength, options.after, asks)
  const ids = typed.map((one) => resolveTaskId(one, known, advice(invocation, 'ps --all')))
  return watchTasks(invocation, connection, { ids, after: options.after ?? 0, idLength, asks })
}

/** Throws Failure (2) where there is nobody to ask. */
function askers(invocation: Invocation, connection: Connection): AskPrompter {
  const asks = invocation.json ? undefined : askPrompter(invocation, connection, false)
  if (asks !== undefined) return asks
  const why = invocation.json ? 'and --json cannot be had at once' : 'needs a terminal'
  throw new Failure(
    `--interactive ${why}: ${advice(invocation, 'asks --follow')} shows what is asked.`,
    exitCodes.usage,
  )
}

async function watchAll(
  { output, json }: Invocation,
  { client }: Connection,
  idLength: number,
  after: number | undefined,
  asks: AskPrompter | undefined,
): Promise<void> {
  const printer = new EventPrinter(output, json, idLength)
  const events = client.events({ ...(after === undefined ? {} : { after }), snapshot: asks !== undefined })
  const { head, snapshot } = await events.subscribed
  showAsks(asks, snapshot?.tasks ?? [])
  for await (const item of events) {
    await printer.print(item)
    tell(asks, item, head)
  }
}

function showAsks(asks: AskPrompter | undefined, tasks: readonly Task[]): void {
  for (const ask of tasks.flatMap((task) => task.asks)) asks?.opened(ask)
}

/** What was asked up to `head` is history: what is still open of it stood in the snapshot. */
function tell(asks: AskPrompter | undefined, item: EventMessage | Gap, head: number): void {
  if (item.type === 'TaskEvent' && (item.seq ?? 0) > head) asks?.take(item.data)
}

interface WatchedTasks {
  readonly ids: readonly string[]
  readonly after: number
  readonly idLength: number
  readonly asks?: AskPrompter | undefined
}

/** Follows `ids` from sequence `after` until each of them has settled. */
export async function watchTasks(
  { output, json }: Invocation,
  { client }: Connection,
  what: WatchedTasks,
): Promise<void> {
  const printer = new EventPrinter(output, json, what.idLength)
  const events = client.events({ tasks: [...what.ids], after: what.after, snapshot: true })
  const { head, snapshot } = await events.subscribed
  const tasks = (snapshot?.tasks ?? []).filter((task) => what.ids.includes(task.id))
  showAsks(what.asks, tasks)
  await new TaskFollower(client, tasks, head).follow(events, async (item) => {
    await printer.print(item)
    tell(what.asks, item, head)
  })
}

/** An option's value that is a place in the journal. */
export function sequence(value: string): number {
  if (!/^\d{1,15}$/.test(value)) throw new InvalidArgumentError('Give the sequence number of an event.')
  return Number(value)
}
