/**
 * `callboard store import <file>`: adds an export to the journal of a home whose daemon does not run. All of it or
 * nothing; events get the next numbers of this journal.
 */
import { Command } from 'commander'
import { openHome } from '../../daemon/home.ts'
import { openSqliteStore } from '../../store/sqlite.ts'
import type { SqliteStore } from '../../store/sqlite-store.ts'
import type { Commit, StoredEvent } from '../../store/store.ts'
import { nodeIpc } from '../../wire/framing/node-ipc.ts'
import { printable } from '../../wire/printable.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { fileLines } from '../journal/file-lines.ts'
import { importItems } from '../journal/import-lines.ts'
import type { ImportItem } from '../journal/import-lines.ts'
import { failureOf } from '../journal/opened-journal.ts'
import { Progress } from '../journal/progress.ts'
import { placeOf } from '../place.ts'

const help = `
Stop the daemon first (callboard stop). Tasks whose ids the journal has already
are refused, and then nothing is imported. What ran when it was exported is
aborted here, and no imported task can be resumed.`

export function storeImportCommand(): Command {
  return withSharedOptions(new Command('import'))
    .summary('add an export to the journal')
    .description('Add the tasks and events of an export to the journal, all of them or none.')
    .argument('<file>', 'what `callboard store export` wrote')
    .addHelpText('after', help)
    .action(async (file: string, _options: object, command: Command) => {
      const invocation = invocationOf(command)
      const imported = importFile(invocation, file)
      if (invocation.json) await invocation.output.document(imported)
      else await invocation.output.line(`Imported ${imported.tasks} tasks and ${imported.events} events.`)
    })
}

interface Imported {
  tasks: number
  events: number
}

function importFile(invocation: Invocation, file: string): Imported {
  const { home } = placeOf(invocation)
  // Before anything is made: a file that is wrong changes nothing.
  const whole = { tasks: 0, events: 0 }
  for (const item of importItems(fileLines(file))) whole['task' in item ? 'tasks' : 'events']++
  openHome(home)
  const opened = openSqliteStore({ directory: home, durability: 'full', now: Date.now })
  if (!opened.ok) throw new Failure(opened.message, exitCodes.badConfig)
  const progress = new Progress('imported')
  try {
    const { store } = opened
    store.commitAll(
      commitsOf(store, importItems(fileLines(file)), (done) => progress.say(done, whole.events)),
    )
    return whole
  } catch (error) {
    throw failureOf(error)
  } finally {
    progress.end()
    opened.store.close()
  }
}

/** Events in one commit: they lie in memory until then. */
const eventsAtOnce = 1_000

function* commitsOf(
  store: SqliteStore,
  items: Iterable<ImportItem>,
  imported: (events: number) => void,
): Generator<Commit> {
  const own = new Set<string>()
  let events: StoredEvent[] = []
  let count = 0
  for (const item of items) {
    if ('task' in item) {
      const { id } = item.task
      if (own.has(id) || store.task(id) !== undefined)
        throw new Failure(
          `the task ${JSON.stringify(printable(id))} is in the journal already: nothing was imported.`,
        )
      own.add(id)
      yield { tasks: [item.task] }
      continue
    }
    const { event } = item
    if (!own.has(event.task))
      throw new Failure(
        `the export has an event of a task that is not in it (${JSON.stringify(printable(event.task))}): nothing was imported.`,
      )
    events.push(storedEvent(event, store.head + events.length + 1))
    if (events.length < eventsAtOnce) continue
    count += events.length
    yield { events }
    events = []
    imported(count)
  }
  yield { events }
}

/** Its number is this journal's. */
function storedEvent(event: Extract<ImportItem, { event: unknown }>['event'], seq: number): StoredEvent {
  const frame = Buffer.from(nodeIpc.wrap(JSON.stringify({ ...event, seq })))
  return { seq, task: event.task, name: event.data.eventName, frame }
}
