/** `callboard store info`: where the journal is, how large, and what is in it. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { withJournal } from '../journal/opened-journal.ts'
import { table } from '../rendering/table.ts'
import type { Invocation } from '../invocation.ts'
import type { JournalInfo } from '../../store/journal-reader.ts'

export function storeInfoCommand(): Command {
  return withSharedOptions(new Command('info'))
    .summary('where the journal is and what is in it')
    .description('Show where the journal is, how large it is, and what is in it.')
    .action(async (_options: object, command: Command) => {
      const invocation = invocationOf(command)
      const { output, json } = invocation
      const info = await withJournal(invocation, (reader) => reader.info())
      const isMemory = await keepsNothing(invocation)
      if (json) return output.document({ ...info, ...(isMemory ? { daemon: 'memory' } : {}) })
      const note = isMemory ? [memoryNote] : []
      const rows = [...rowsOf(info), ...note].map((row) => row.map((text) => ({ text })))
      await output.write(`${table(rows, output.columns).join('\n')}\n`)
    })
}

const memoryNote = ['daemon', 'runs with durability memory: nothing that it does is kept in this file']

/** Whether a daemon runs that does not write to the journal which lies there. */
async function keepsNothing(invocation: Invocation): Promise<boolean> {
  try {
    const { journal } = await withConnection(invocation, {}, ({ client }) => client.getStatus())
    return journal.durability === 'memory'
  } catch {
    // None answers, which is no concern of this command's.
    return false
  }
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
