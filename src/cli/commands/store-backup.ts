/** `callboard store backup <file>`: a copy of the journal as of one moment, without secrets. */
import { resolve } from 'node:path'
import { Command } from 'commander'
import { backUpJournal } from '../../store/backup.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { withJournal } from '../journal/opened-journal.ts'
import { Progress } from '../journal/progress.ts'

const help = `
To go back to it: stop the daemon, move journal.sqlite and what is beside it
(-wal, -shm) out of the home directory, and copy the backup there under that
name. The copy has no configurations, environments and sessions: its tasks can
be read and not be resumed.`

export function storeBackupCommand(): Command {
  return withSharedOptions(new Command('backup'))
    .summary('copy the journal to a new file')
    .description('Copy the journal, as of one moment, to a new file that is yours alone to read.')
    .argument('<file>', 'which must not exist yet')
    .addHelpText('after', help)
    .action(async (file: string, _options: object, command: Command) => {
      const invocation = invocationOf(command)
      const path = resolve(invocation.cwd, file)
      const copied = await withJournal(invocation, (reader) => {
        const progress = new Progress('copied')
        try {
          return backUpJournal(reader, path, (done, total) => progress.say(done, total))
        } finally {
          progress.end()
        }
      })
      if (invocation.json) await invocation.output.document({ path, ...copied })
      else await invocation.output.line(`Copied ${copied.tasks} tasks and ${copied.events} events to ${path}`)
    })
}
