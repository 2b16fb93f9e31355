/** `callboard store …`: what concerns the journal's file as a whole. None of it needs a daemon. */
import { Command } from 'commander'
import { withSharedOptions } from '../invocation.ts'
import { storeBackupCommand } from './store-backup.ts'
import { storeExportCommand } from './store-export.ts'
import { storeImportCommand } from './store-import.ts'
import { storeInfoCommand } from './store-info.ts'
import { storeVerifyCommand } from './store-verify.ts'

const help = `
The journal is the file journal.sqlite in the home directory (CALLBOARD_HOME).
All but import work beside a running daemon.

Exit codes:
  0   it worked; the journal is sound
  1   it failed; verify found something
  2   the command line was not understood
  78  there is no journal, or it cannot be opened`

export function storeCommand(): Command {
  const store = withSharedOptions(new Command('store'))
    .summary('look after the journal: info, verify, export, import, backup')
    .description('Look after the journal, the file in which the daemon keeps tasks and events.')
    .addHelpText('after', help)
  const commands = [
    storeInfoCommand(),
    storeVerifyCommand(),
    storeExportCommand(),
    storeImportCommand(),
    storeBackupCommand(),
  ]
  for (const command of commands) store.addCommand(command)
  return store
}
