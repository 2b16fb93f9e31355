/** `callboard socket`: the path of the daemon's socket, for other programs. Asks nobody. */
import { Command } from 'commander'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { placeOf } from '../place.ts'
import type { Invocation } from '../invocation.ts'

const help = `
The first of these decides:
  --socket
  CALLBOARD_SOCKET
  ROO_CODE_IPC_SOCKET_PATH    for \`serve\` only
  \`socket\`                    in the config file
  XDG_RUNTIME_DIR             callboard/callboard.sock in it
  TMPDIR, else /tmp           callboard-<uid>/callboard.sock in it

Example:
  nc -U "$(callboard socket)"`

export function socketCommand(): Command {
  return withSharedOptions(new Command('socket'))
    .summary("print the path of the daemon's socket")
    .description("Print the path of the daemon's socket; with --json also what decided it. Asks no daemon.")
    .addHelpText('after', help)
    .action(async (_options: unknown, command: Command) => socket(invocationOf(command)))
}

async function socket(invocation: Invocation): Promise<void> {
  const { socketPath, socketSource } = placeOf(invocation)
  if (invocation.json) await invocation.output.document({ path: socketPath, source: socketSource })
  else await invocation.output.line(socketPath)
}
