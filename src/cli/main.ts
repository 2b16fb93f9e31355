/**
 * The command line. Builds the commands, runs the one that was asked for, and turns whatever it threw into a sentence
 * and an exit code. The process ends here and nowhere else (but for a second Ctrl-C).
 */
import { Command, CommanderError } from 'commander'
import { version } from '../version.ts'
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
    const root = await program(argv.slice(2))
    await root.parseAsync(argv)
  } catch (error) {
    process.exitCode = told(error)
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  process.exit()
}

/** All of it that a command line of these words needs. */
export async function program(words: readonly string[]): Promise<Command> {
  const root = withSharedOptions(new Command('callboard'))
    .description('One local daemon through which every program starts, steers and watches the same tasks.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print help for a command')
    .usage('[options] <command>')
    .enablePositionalOptions()
    .addHelpText('after', help)
  for (const load of wanted(words)) root.addCommand(await load())
  inOurWords(root)
  return root
}

/** In the order of the help. Each is loaded where it is named: all of them take longer than most of them work. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['run', async () => (await import('./commands/run.ts')).runCommand()],
  ['start', async () => (await import('./commands/start.ts')).startCommand()],
  ['ps', async () => (await import('./commands/ps.ts')).psCommand()],
  ['watch', async () => (await import('./commands/watch.ts')).watchCommand()],
  ['history', async () => (await import('./commands/history.ts')).historyCommand()],
  ['show', async () => (await import('./commands/show.ts')).showCommand()],
  ['record', async () => (await import('./commands/record.ts')).recordCommand()],
  ['send', async () => (await import('./commands/send.ts')).sendCommand()],
  ['asks', async () => (await import('./commands/asks.ts')).asksCommand()],
  ['answer', async () => (await import('./commands/answer.ts')).answerCommand()],
  ['cancel', async () => (await import('./commands/cancel.ts')).cancelCommand()],
  ['close', async () => (await import('./commands/close.ts')).closeCommand()],
  ['prune', async () => (await import('./commands/prune.ts')).pruneCommand()],
  ['resume', async () => (await import('./commands/resume.ts')).resumeCommand()],
  ['claim', async () => (await import('./commands/claim.ts')).claimCommand()],
  ['release', async () => (await import('./commands/release.ts')).releaseCommand()],
  ['clients', async () => (await import('./commands/clients.ts')).clientsCommand()],
  ['inspect', async () => (await import('./commands/inspect.ts')).inspectCommand()],
  ['top', async () => (await import('./commands/top.ts')).topCommand()],
  ['agents', async () => (await import('./commands/agents.ts')).agentsCommand()],
  ['status', async () => (await import('./commands/status.ts')).statusCommand()],
  ['socket', async () => (await import('./commands/socket.ts')).socketCommand()],
  ['machines', async () => (await import('./commands/machines.ts')).machinesCommand()],
  ['serve', async () => (await import('./commands/serve.ts')).serveCommand()],
  ['stop', async () => (await import('./commands/stop.ts')).stopCommand()],
  ['store', async () => (await import('./commands/store.ts')).storeCommand()],
])

/** The command that the words plainly name, with our own options before it at most; else all, to list or suggest. */
function wanted(words: readonly string[]): readonly (() => Promise<Command>)[] {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (word === '--version' || word === '-V') return []
    if (word === '--socket') at += 1
    else if (word !== '--json' && !word.startsWith('--socket=')) {
      const load = commands.get(word)
      if (load !== undefined) return [load]
      break
    }
  }
  return [...commands.values()]
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
