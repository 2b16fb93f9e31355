/** `callboard store info`: where the journal is, how large, and what is in it. */
import { Command } from 'commander'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { withJournal } from '../journal/opened-journal.ts'
import { table } from '../rendering/table.ts'
import type { JournalInfo } from '../../store/journal-reader.ts'

export function storeInfoCommand(): Command {
  return withSharedOptions(new Command('info'))
    .summary('where the journal is and what is in it')
    .description('Show where the journal is, how large it is, and what is in it.')
    .action(async (_options: object, command: Command) => {
      const invocation = invocationOf(command)
      const { output, json } = invocation
      const info = await withJournal(invocation, (reader) => reader.info())
      if (json) return output.document(info)
      const rows = rowsOf(info).map((row) => row.map((text) => ({ text })))
      await output.write(`${table(rows, output.columns).join('\n')}\n`)
    })
}

function rowsOf(info: JournalInfo): string[][] {
  const { head, firstAvailable, events } = info
  return [
    ['file', info.path],
    ['size', `${megabytes(info.fileBytes)}, of it free ${megabytes(info.freeBytes)}`],
    ['log', megabytes(info.logBytes)],
    ['version', `${info.version}`],
    ['journal', `${info.journalId}, start ${info.starts} at ${new Date(info.lastStartAt).toISOString()}`],
    ['tasks', `${info.tasks}, of them not settled ${info.unsettled}`],
    ['events', events === 0 ? `none; the last had number ${head}` : `${events}, numbers up to ${head}`],
    ['readable', firstAvailable > head ? 'none' : `all from ${firstAvailable}`],
  ]
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
