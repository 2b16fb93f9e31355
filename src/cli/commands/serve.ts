/** `callboard serve`: the daemon in the foreground. The first signal drains it, the second ends its tasks by force. */
import { Command, InvalidArgumentError } from 'commander'
import { resolve } from 'node:path'
import { loadSettings } from '../../daemon/config.ts'
import { limits } from '../../limits.ts'
import { keepYoungGenerationSmall } from '../../daemon/memory-keeper.ts'
import { Failure } from '../failure.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { parseDuration, shortDuration } from '../rendering/duration.ts'
import type { Invocation } from '../invocation.ts'
import type { DaemonSettings } from '../../daemon/config.ts'
import type { RunningDaemon } from '../../daemon/daemon.ts'

interface ServeOptions {
  readonly listen?: readonly string[]
  readonly home?: string
  readonly logLevel?: string
  readonly durability?: string
  readonly logFile?: string
  readonly drainDeadline?: number
}

const help = `
More listeners, each with one framing and one vocabulary:
  --listen 'node-ipc+roo-1.89:/srv/old.sock'       for older Roo Code clients
  --listen 'lines+roo:/srv/lines.sock'             JSON lines, for any language
  --listen 'node-ipc+roo:/srv/box.sock,scope=own'  each sees only its own tasks
  --listen 'lines+roo:/srv/eye.sock,role=observer' look, but start nothing
  --listen 'node-ipc+roo:/srv/late.sock,replay=live'  first what live tasks told

Durability (else CALLBOARD_DURABILITY, the config's \`store\`, or normal):
  normal  tasks and events outlive the daemon, however it ends
  full    and a loss of power; each commit waits for the disk
  memory  nothing is kept: they end with the daemon

Logs go to stderr: lines for people on a terminal, one JSON object a line
otherwise.
Ctrl-C or SIGTERM lets running tasks end within the drain deadline; a second one
ends them at once.`

export function serveCommand(): Command {
  return withSharedOptions(new Command('serve'))
    .summary('run the daemon in the foreground')
    .description(
      'Run the daemon in the foreground. `run` and `start` start one by themselves where none answers.',
    )
    .option('--listen <listener>', 'one more listener, framing+vocabulary:PATH[,…] (repeatable)', collect)
    .option('--home <directory>', "the daemon's directory (else CALLBOARD_HOME)")
    .option(
      '--log-level <level>',
      'trace, debug, info, warn, error, fatal or silent (else CALLBOARD_LOG_LEVEL)',
    )
    .option(
      '--durability <level>',
      'normal, full (also against power loss) or memory (else CALLBOARD_DURABILITY)',
    )
    .option('--log-file <path>', 'the file that stderr leads to: it is kept small')
    .option('--drain-deadline <time>', 'what running tasks get to end, such as 10s or 2m', drainDeadline)
    .addHelpText('after', help)
    .action(async (options: ServeOptions, command: Command) => serve(invocationOf(command), options))
}

async function serve(invocation: Invocation, options: ServeOptions): Promise<void> {
  keepYoungGenerationSmall()
  const settings = settingsOf(invocation, options)
  // Loaded here alone: no other command needs the daemon, and each would start the slower for it.
  const [{ startDaemon }, { createLogger }] = await Promise.all([
    import('../../daemon/daemon.ts'),
    import('../../log.ts'),
  ])
  const terminal = process.stderr.isTTY
  const log = createLogger({
    level: settings.logLevel,
    pretty: terminal,
    colour: terminal && invocation.output.paint.enabled,
    ...(options.logFile === undefined ? {} : { file: resolve(invocation.cwd, options.logFile) }),
  })
  process.on('uncaughtExceptionMonitor', (error) => log.fatal({ err: error }, 'a fault ends the daemon'))
  const started = await startDaemon(settings, log)
  if (!started.ok) throw new Failure(started.message, started.exitCode)
  using _signals = stopOnSignals(started.daemon, settings.drainDeadlineMs)
  await started.daemon.stopped
}

function settingsOf({ env, cwd, socket }: Invocation, options: ServeOptions): DaemonSettings {
  const home = options.home === undefined ? {} : { CALLBOARD_HOME: resolve(cwd, options.home) }
  const flags = {
    ...(socket === undefined ? {} : { socket }),
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
    ...(options.durability === undefined ? {} : { durability: options.durability }),
    ...(options.drainDeadline === undefined ? {} : { drainDeadlineMs: options.drainDeadline }),
  }
  const loaded = loadSettings({ flags, env: { ...env, ...home }, cwd })
  if (!loaded.ok) throw new Failure(loaded.message, loaded.exitCode)
  return loaded.settings
}

function stopOnSignals(daemon: RunningDaemon, deadlineMs: number): Disposable {
  let asked = false
  const listener = (signal: NodeJS.Signals): void => {
    if (asked) return daemon.force()
    asked = true
    daemon.stop({ deadlineMs, reason: signal })
  }
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of names) process.on(name, listener)
  return {
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener)
    },
  }
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

/** An option's value that is a drain deadline, in milliseconds. */
export function drainDeadline(value: string): number {
  return duration(value, limits.drainDeadlineMsMax)
}

/** An option's value that is a span of time of at most `msMax`, in milliseconds. */
export function duration(value: string, msMax: number): number {
  const ms = parseDuration(value)
  if (ms === undefined) throw new InvalidArgumentError('Give a time such as 500ms, 10s or 2m.')
  if (ms > msMax) throw new InvalidArgumentError(`Give at most ${shortDuration(msMax)}.`)
  return ms
}
