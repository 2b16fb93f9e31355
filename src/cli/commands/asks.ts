/** `callboard asks`: what tasks wait for somebody to say. `--follow` goes on with what is asked and answered. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { EventPrinter } from '../event-printer.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { askTable } from '../rendering/ask-table.ts'
import { shortIdLength } from '../task-id.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'
import type { Task } from '../../wire/envelope.ts'

interface AsksOptions {
  readonly follow?: boolean
}

const help = `
Examples:
  callboard asks                        what is asked now
  callboard answer 9c1f yes             answer one of them
  callboard asks --follow --json        those that are open, then what is asked
                                        and answered, one JSON object a line`

export function asksCommand(): Command {
  return withSharedOptions(new Command('asks'))
    .summary('list what tasks ask')
    .description('List what tasks wait for somebody to say, oldest first.')
    .option('-f, --follow', 'go on with what is asked and answered, until Ctrl-C')
    .addHelpText('after', help)
    .action(async (options: AsksOptions, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, (connection) =>
        options.follow === true ? follow(invocation, connection) : asks(invocation, connection),
      )
    })
}

async function asks(invocation: Invocation, { client }: Connection): Promise<void> {
  await print(invocation, await client.listTasks())
}

async function print({ output, json }: Invocation, tasks: readonly Task[]): Promise<void> {
  const open = tasks.flatMap((task) => task.asks).toSorted((one, other) => one.askedAt - other.askedAt)
  if (json) return output.document(open)
  const { paint, columns } = output
  const idLength = shortIdLength(tasks.map((task) => task.id))
  await output.write(`${askTable(open, idLength, { paint, columns, now: Date.now() }).join('\n')}\n`)
}

/** With --json those that are open come as the events that opened them would. */
async function follow(invocation: Invocation, { client }: Connection): Promise<void> {
  const { output, json } = invocation
  const events = client.events({ events: ['askOpened', 'askResolved'], snapshot: true })
  const tasks = (await events.subscribed).snapshot?.tasks ?? []
  if (json) {
    for (const ask of tasks.flatMap((task) => task.asks)) {
      await output.line(JSON.stringify({ eventName: 'askOpened', payload: [ask.task, ask] }))
    }
  } else await print(invocation, tasks)
  const printer = new EventPrinter(output, false, shortIdLength(tasks.map((task) => task.id)))
  for await (const item of events) {
    if (!json || item.type === 'Gap') await printer.print(item)
    else if (item.seq !== undefined) await output.line(JSON.stringify(item.data))
  }
}
