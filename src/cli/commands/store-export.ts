/** `callboard store export`: tasks and events as JSON Lines, without what tasks were configured with. */
import { Command } from 'commander'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { endLine, eventLine, headerLine, taskLine } from '../journal/export-lines.ts'
import { withJournal } from '../journal/opened-journal.ts'
import { Progress } from '../journal/progress.ts'
import type { Output } from '../output.ts'
import type { JournalReader } from '../../store/journal-reader.ts'

const help = `
One JSON object a line: {"callboard":"export",…}, {"task":…}, {"event":…} in the
order of the journal, and {"end":…}. It holds prompts and all that was said, and
none of the tasks' configuration or environment.

Example:
  callboard store export > journal.jsonl`

export function storeExportCommand(): Command {
  return withSharedOptions(new Command('export'))
    .summary('write tasks and events as JSON Lines')
    .description('Write every task and event of the journal as JSON Lines.')
    .addHelpText('after', help)
    .action(async (_options: object, command: Command) => {
      const invocation = invocationOf(command)
      await withJournal(invocation, (reader) => exportJournal(reader, invocation.output))
    })
}

async function exportJournal(reader: JournalReader, output: Output): Promise<void> {
  const { journalId, head, events: total } = reader.info()
  const progress = new Progress('exported')
  const tasks = new Set<string>()
  let events = 0
  try {
    await output.write(headerLine({ journal: journalId, head, exportedAt: Date.now() }))
    for (const record of reader.tasks()) {
      await output.write(taskLine(record))
      tasks.add(record.id)
    }
    for (const piece of reader.events(head)) {
      // Others are of tasks that retention is just taking away.
      const kept = piece.filter(({ task }) => tasks.has(task))
      await output.write(kept.map((event) => eventLine(event)).join(''))
      events += kept.length
      progress.say(events, total)
    }
    await output.write(endLine(tasks.size, events))
  } finally {
    progress.end()
  }
}
