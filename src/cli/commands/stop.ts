/** `callboard stop`: ends the daemon, and returns when its process and its socket are gone. */
import { Command } from 'commander'
import { limits } from '../../limits.ts'
import { withConnection } from '../connection.ts'
import { DaemonProcess } from '../daemon-process.ts'
import { Failure } from '../failure.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { sayWhenLong } from '../say-when-long.ts'
import { unsettledStates } from '../../wire/commands.ts'
import { drainDeadline } from './serve.ts'
import type { Invocation } from '../invocation.ts'

interface StopOptions {
  readonly deadline?: number
  readonly force?: boolean
}

/** What a daemon may take beyond its drain deadline: cancelling tasks by force and closing its links. */
const afterDrainMs = limits.cancelGraceMs + limits.reapDeadlineMs + limits.linkDrainMs + 4_000

const help = `
Examples:
  callboard stop                        tasks get the time that the config says
  callboard stop --deadline 0           cancel them now
  callboard stop --force                end them now, by force`

export function stopCommand(): Command {
  return withSharedOptions(new Command('stop'))
    .summary('end the daemon')
    .description('End the daemon. Returns when its process and its socket are gone.')
    .option('--deadline <time>', 'what running tasks get to end, such as 0, 10s or 2m', drainDeadline)
    .option('--force', 'end running tasks at once, by force')
    .addHelpText('after', help)
    .action(async (options: StopOptions, command: Command) => stop(invocationOf(command), options))
}

async function stop(invocation: Invocation, options: StopOptions): Promise<void> {
  const deadlineMs = options.force === true ? 0 : options.deadline
  const harder = advice(invocation, 'stop --force')
  const { daemon, live } = await withConnection(invocation, {}, async ({ client, socketPath }) => {
    const pid = client.server?.pid
    if (pid === undefined) throw new Failure('the daemon does not say its process id.')
    const { tasks } = await client.getStatus()
    await client.shutdown(deadlineMs === undefined ? {} : { deadlineMs })
    return { daemon: new DaemonProcess(pid, socketPath, harder), live: liveCount(tasks) }
  })
  const tasks = live === 1 ? '1 task' : `${live} tasks`
  using _notice = sayWhenLong(invocation, () =>
    options.force === true
      ? `waiting for the daemon (pid ${daemon.pid}) to end ${tasks} by force.`
      : `waiting for ${tasks} to end ${deadlineWords(deadlineMs)}; ${harder} does not wait.`,
  )
  await (options.force === true ? daemon.forced(limits.forcedStopMs) : ended(daemon, deadlineMs))
  if (invocation.json) await invocation.output.document({ pid: daemon.pid, stopped: true })
}

function liveCount(tasks: Readonly<Record<string, number>>): number {
  return unsettledStates.reduce((sum, state) => sum + (tasks[state] ?? 0), 0)
}

function deadlineWords(deadlineMs: number | undefined): string {
  if (deadlineMs === undefined) return 'before the drain deadline'
  return deadlineMs === 0 ? 'now that they are cancelled' : `within ${deadlineMs / 1_000} s`
}

/** Without a deadline of ours the daemon's own counts, which may be as long as its config says. */
async function ended(daemon: DaemonProcess, deadlineMs: number | undefined): Promise<void> {
  await daemon.gone((deadlineMs ?? limits.drainDeadlineMsMax) + afterDrainMs)
}
