/**
 * `callboard run -- <command…>`: a task in the foreground. Its output comes out of our own two streams, byte for byte,
 * its end is our exit code, and Ctrl-C or a reader that goes away cancels it.
 */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { RunFollower } from '../run-follower.ts'
import { forwardInput } from '../standard-input.ts'
import { StopSignals } from '../stop-signals.ts'
import { taskRequest } from '../task-request.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'
import type { TaskRequestOptions } from '../task-request.ts'

const help = `
Examples:
  callboard run -- npm test             as \`npm test\`, but others can watch it
  callboard run -- sh -c 'exit 3'       exits with 3
  callboard run --json -- make          its events, one JSON object a line

The command gets this directory and this environment. Its input is closed unless
--stdin is given: then each line of our input is sent to it; the end of our
input is not passed on.
Ctrl-C cancels the task and waits for its end; a second Ctrl-C leaves at once.
Exits as the command did; with 128+n when signal n ended it; with 141 when the
reader of our output went away; with 1 when the command could not be started.`

export function runCommand(): Command {
  return withSharedOptions(new Command('run'))
    .summary('run a command as a task and wait for it')
    .description('Run a command as a task and wait for it. A daemon is started where none answers.')
    .argument('<command...>', 'program and arguments, after --')
    .option('--stdin', 'send the lines of our standard input to the command')
    .passThroughOptions()
    .addHelpText('after', help)
    .action(async (words: string[], options: TaskRequestOptions, command: Command) => {
      process.exitCode = await run(invocationOf(command, ['stdout', 'stderr']), words, options)
    })
}

async function run(
  invocation: Invocation,
  words: readonly string[],
  options: TaskRequestOptions,
): Promise<number> {
  using signals = new StopSignals()
  const signal = signals.asked
  // Awaited here: with the end of this scope the signals would be let go.
  return await withConnection(invocation, { autostart: true, signal }, async (connection) => {
    signal.throwIfAborted()
    const { taskId } = await connection.client.startTask(taskRequest(invocation, words, options))
    const asked = AbortSignal.any([signal, invocation.output.lost])
    const done = new AbortController()
    const cancelling = cancelWhen(asked, connection, taskId, invocation)
    const forwarding =
      options.stdin === true ? forward(connection, taskId, invocation, done.signal) : undefined
    try {
      return await follow(invocation, connection, taskId)
    } finally {
      done.abort()
      cancelling.stop()
      await forwarding
    }
  })
}

/** Resolves to our exit code. Throws, when the task has ended, why its output was lost. */
async function follow(invocation: Invocation, connection: Connection, taskId: string): Promise<number> {
  const { client, hello } = connection
  const follower = new RunFollower({ client, taskId, output: invocation.output, json: invocation.json })
  const exitCode = await follower.follow(hello.head)
  invocation.output.lost.throwIfAborted()
  return exitCode
}

/** Cancels the task once `asked` aborts, until stopped: then it has ended, and that it was too late is no news. */
function cancelWhen(asked: AbortSignal, { client }: Connection, taskId: string, { output }: Invocation) {
  let stopped = false
  const cancel = (): void => {
    client.cancelTask(taskId).catch((error: unknown) => {
      if (stopped) return
      const why = error instanceof Error ? error.message : String(error)
      output.say(`the task ${taskId} could not be cancelled: ${why}`)
    })
  }
  if (asked.aborted) cancel()
  else asked.addEventListener('abort', cancel, { once: true })
  const stop = (): void => {
    stopped = true
    asked.removeEventListener('abort', cancel)
  }
  return { stop }
}

async function forward(
  { client }: Connection,
  taskId: string,
  { output }: Invocation,
  done: AbortSignal,
): Promise<void> {
  try {
    await forwardInput(process.stdin, (text) => client.sendMessage({ taskId, text }), done)
  } catch (error) {
    if (!done.aborted)
      output.say(`the input is no longer sent: ${error instanceof Error ? error.message : String(error)}`)
  }
}
