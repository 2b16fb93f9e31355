/**
 * The command line. Builds the commands, runs the one that was asked for, and turns whatever it threw into a sentence
 * and an exit code. The process ends here and nowhere else (but for a second Ctrl-C).
 */
import { Command, CommanderError } from 'commander'
import { version } from '../version.ts'
import { agentsCommand } from './commands/agents.ts'
import { answerCommand } from './commands/answer.ts'
import { asksCommand } from './commands/asks.ts'
import { cancelCommand } from './commands/cancel.ts'
import { claimCommand } from './commands/claim.ts'
import { clientsCommand } from './commands/clients.ts'
import { closeCommand } from './commands/close.ts'
import { historyCommand } from './commands/history.ts'
import { inspectCommand } from './commands/inspect.ts'
import { machinesCommand } from './commands/machines.ts'
import { psCommand } from './commands/ps.ts'
import { recordCommand } from './commands/record.ts'
import { releaseCommand } from './commands/release.ts'
import { resumeCommand } from './commands/resume.ts'
import { runCommand } from './commands/run.ts'
import { sendCommand } from './commands/send.ts'
import { serveCommand } from './commands/serve.ts'
import { showCommand } from './commands/show.ts'
import { socketCommand } from './commands/socket.ts'
import { startCommand } from './commands/start.ts'
import { statusCommand } from './commands/status.ts'
import { stopCommand } from './commands/stop.ts'
import { storeCommand } from './commands/store.ts'
import { topCommand } from './commands/top.ts'
import { watchCommand } from './commands/watch.ts'
import { exitCodes, exitCodesHelp } from './exit-codes.ts'
import { failureFrom, failureText } from './failure.ts'
import { withSharedOptions } from './invocation.ts'
import { ReaderGone } from './reader-gone.ts'
import { Interrupted } from './stop-signals.ts'

const help = `
Examples:
  callboard run -- npm test             run a command; others can watch it
  callboard run "fix the tests"         give a task to an agent
  callboard start -- make -j4           start one and go on; prints its id
  callboard ps                          what runs
  callboard watch 3f2a                  follow a task: any unique beginning or
                                        end of its id will do
  callboard asks                        what tasks wait for somebody to say
  callboard answer 9c1f yes             answer one of them
  callboard cancel 3f2a                 end it
  callboard stop                        end the daemon

${exitCodesHelp}

Environment:
  CALLBOARD_SOCKET     the daemon's socket, where --socket does not say it
  CALLBOARD_HOME       the daemon's directory: its journal, lock and log
  CALLBOARD_LOG_LEVEL  the daemon's log level
  CALLBOARD_DURABILITY what its journal holds against (see \`callboard serve\`)
  CALLBOARD_DEBUG=1    show where a failure came from
  NO_COLOR FORCE_COLOR no colours; colours even without a terminal`

/** Runs the command line `argv` (as process.argv) and ends the process. Never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  process.on('uncaughtException', (error) => process.exit(told(error)))
  process.on('unhandledRejection', (error) => process.exit(told(error)))
  // A reader that goes away is seen where data is written (output.ts); help and talk may get lost.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
  try {
    await program().parseAsync(argv)
  } catch (error) {
    process.exitCode = told(error)
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  process.exit()
}

function program(): Command {
  const root = withSharedOptions(new Command('callboard'))
    .description('One local daemon through which every program starts, steers and watches the same tasks.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print help for a command')
    .usage('[options] <command>')
    .enablePositionalOptions()
    .addHelpText('after', help)
  for (const command of commands()) root.addCommand(command)
  inOurWords(root)
  return root
}

function commands(): Command[] {
  return [
    runCommand(),
    startCommand(),
    psCommand(),
    watchCommand(),
    historyCommand(),
    showCommand(),
    recordCommand(),
    sendCommand(),
    asksCommand(),
    answerCommand(),
    cancelCommand(),
    closeCommand(),
    resumeCommand(),
    claimCommand(),
    releaseCommand(),
    clientsCommand(),
    inspectCommand(),
    topCommand(),
    agentsCommand(),
    statusCommand(),
    socketCommand(),
    machinesCommand(),
    serveCommand(),
    stopCommand(),
    storeCommand(),
  ]
}

/** Commander writes its errors itself, in two lines, and would exit with 1. */
function inOurWords(command: Command): void {
  command.exitOverride()
  command.helpOption('-h, --help', 'print help')
  command.configureOutput({
    outputError: (text, write) => {
      const sentence = text
        .trim()
        .replace(/^error: /, '')
        .replaceAll('\n', ' ')
      write(`callboard: ${sentence}${/[.)]$/.test(sentence) ? '' : '.'} See \`${helpOf(command)}\`.\n`)
    },
  })
  for (const inner of command.commands) inOurWords(inner)
}

function helpOf(command: Command): string {
  const names = [command.name()]
  for (let outer = command.parent; outer !== null; outer = outer.parent) names.unshift(outer.name())
  return `${names.join(' ')} --help`
}

/** Says what went wrong, unless it was said or needs no words. Returns the exit code. */
function told(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (error instanceof ReaderGone || error instanceof Interrupted) return error.exitCode
  const failure = failureFrom(error)
  process.stderr.write(failureText(failure, process.env['CALLBOARD_DEBUG'] === '1'))
  return failure.exitCode
}

async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableEnded) return
  await new Promise<void>((resolve) => {
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })
}

if (import.meta.main) await main(process.argv)
