/**
 * `callboard run -- <command…>`: a task in the foreground. Its output comes out of our own two streams, byte for byte,
 * its end is our exit code, and Ctrl-C or a reader that goes away cancels it.
 */
import { Command, Option } from 'commander'
import { agentRequest } from '../agent-request.ts'
import { chooseAgent, isForAgent } from '../agent-choice.ts'
import { reconnected, withConnection } from '../connection.ts'
import { forgotten, isGone, notBack, withDaemonBack } from '../daemon-return.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { askPrompter } from '../asking/follow-asks.ts'
import { Unasked } from '../asking/unasked.ts'
import { RunFollower } from '../run-follower.ts'
import { sayWhenLong } from '../say-when-long.ts'
import { forwardInput } from '../standard-input.ts'
import { isSettled } from '../settled.ts'
import { StopSignals } from '../stop-signals.ts'
import { shortId } from '../task-id.ts'
import { priority, taskRequest } from '../task-request.ts'
import { CallboardError } from '../../client/callboard-error.ts'
import { limits } from '../../limits.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'
import type { TaskRequestOptions } from '../task-request.ts'
import type { AskPrompter } from '../asking/ask-prompter.ts'
import type { StartNewTask } from '../../wire/commands.ts'
import type { TaskEvent } from '../../wire/events.ts'

/** `ask` asks the person at the terminal, `none` leaves it to other clients, `all` allows everything. */
const approvals = ['ask', 'all', 'none'] as const

interface RunOptions extends TaskRequestOptions {
  readonly agent?: string
  readonly approve?: (typeof approvals)[number]
}

const help = `
Examples:
  callboard run "fix the tests"         said to the first agent that is found
  callboard run --agent claude "why?"   said to this one (\`callboard agents\`)
  callboard run -- npm test             as \`npm test\`, but others can watch it
  callboard run -- sh -c 'exit 3'       exits with 3
  callboard run --json -- make          its events, one JSON object a line

A text goes to an agent where --agent is given, or where it is one argument,
without -- before it, that is no program. What the agent says comes out of
stdout, what it does beside that out of stderr; 0 when it completes.
The command or agent gets this directory and this environment. A command's input
is closed unless --stdin is given: then each line of our input is sent to it;
the end of our input is not passed on.
Ctrl-C cancels the task and waits for its end; a second Ctrl-C leaves at once.
What it asks is asked on the terminal, where there is one, and can be answered
by any other client (\`callboard asks\`). --approve all allows everything it
asks to do, and holds the task meanwhile: nobody else can steer it. --approve
none leaves its questions to other clients. What nobody is asked here is said on
stderr, with the command that answers it.
Exits as the command did; with 128+n when signal n ended it; with 141 when the
reader of our output went away; with 1 when the command could not be started.
A daemon that goes away is waited for, 5 s each time: once it is back, what it
says of the task is how the run ends, and \`callboard resume\` runs it again.`

export function runCommand(): Command {
  return withSharedOptions(new Command('run'))
    .summary('run a command as a task, or give one to an agent, and wait for it')
    .description(
      'Run a command as a task, or give an agent one, and wait for it. A daemon is started where none answers.',
    )
    .argument('<command...>', 'program and arguments, after --; or a text for an agent')
    .option('--agent <name>', 'the agent that the text is for')
    .option('--stdin', 'send the lines of our standard input to the command')
    .option('--priority <n>', 'its place in the queue: -10 to 10, higher first', priority)
    .addOption(
      new Option('--approve <how>', 'what is done when it asks something (default: ask)').choices(approvals),
    )
    .passThroughOptions()
    .addHelpText('after', help)
    .action(async (words: string[], options: RunOptions, command: Command) => {
      const invocation = invocationOf(command, ['stdout', 'stderr'])
      const isText = isForAgent(words, options.agent, invocation.env, process.argv)
      process.exitCode = await run(invocation, isText ? said(invocation, words, options) : words, options)
    })
}

/** What an agent is to be asked. Where nobody has named it, it is said which one it is. */
function said(invocation: Invocation, words: readonly string[], options: RunOptions): StartNewTask {
  const agent = chooseAgent(options.agent, invocation.env)
  if (options.agent === undefined) invocation.output.say(`this goes to ${agent.name}; --agent names another.`)
  return agentRequest(invocation, words.join(' '), agent, options)
}

/** `work`: a command's words, or what an agent is asked. */
async function run(
  invocation: Invocation,
  work: readonly string[] | StartNewTask,
  options: RunOptions,
): Promise<number> {
  const isAgent = 'configuration' in work
  const request = isAgent ? work : taskRequest(invocation, work, options)
  using signals = new StopSignals()
  const signal = signals.asked
  // Awaited here: with the end of this scope the signals would be let go.
  return await withConnection(invocation, { autostart: true, signal }, async (connection) => {
    signal.throwIfAborted()
    const { taskId } = await connection.client.startTask(request)
    if (options.approve === 'all') await holdApproving(connection, taskId)
    const asked = AbortSignal.any([signal, invocation.output.lost])
    const done = new AbortController()
    const cancelling = cancelWhen(asked, connection, taskId, invocation)
    const forwarding =
      options.stdin === true ? forward(connection, taskId, invocation, done.signal) : undefined
    using prompter = prompterFor(invocation, connection, options)
    const asks = prompter ?? unaskedFor(invocation, options)
    try {
      return await follow(invocation, connection, { taskId, isAgent, signal }, asks)
    } finally {
      done.abort()
      cancelling.stop()
      await forwarding
    }
  })
}

/** Throws where it cannot be held: nobody wants it then, unless it has ended already. */
async function holdApproving({ client }: Connection, taskId: string): Promise<void> {
  try {
    await client.claimTask(taskId, { approve: 'all' })
  } catch (error) {
    if (isSettled((await client.getTask(taskId)).state)) return
    await client.cancelTask(taskId)
    throw error
  }
}

/** Who is asked here what the task asks; undefined where nobody is. */
function prompterFor(
  invocation: Invocation,
  connection: Connection,
  { approve = 'ask', stdin }: RunOptions,
): AskPrompter | undefined {
  if (invocation.json || approve !== 'ask') return undefined
  return askPrompter(invocation, connection, stdin === true)
}

/** Who hears it then. */
function unaskedFor(invocation: Invocation, { approve }: RunOptions): Unasked | undefined {
  return invocation.json ? undefined : new Unasked(invocation, approve === 'all')
}

/** Resolves to our exit code. Throws, when the task has ended, why its output was lost. */
async function follow(
  invocation: Invocation,
  connection: Connection,
  task: { readonly taskId: string; readonly isAgent: boolean; readonly signal: AbortSignal },
  asks: AskPrompter | Unasked | undefined,
): Promise<number> {
  const { client, hello } = connection
  const { output, json } = invocation
  const told = (event: TaskEvent): void => asks?.take(event)
  const follower = new RunFollower({ client, ...task, output, json, told })
  const exitCode = await follower.follow(hello.head).catch(async (error: unknown) => {
    if (!isGone(error)) throw error
    return await followOn(invocation, follower, task, error)
  })
  invocation.output.lost.throwIfAborted()
  return exitCode
}

/** The daemon went away. What it says of the task when it is back is how the task ended. */
async function followOn(
  invocation: Invocation,
  follower: RunFollower,
  { taskId, signal }: { readonly taskId: string; readonly signal: AbortSignal },
  gone: CallboardError,
): Promise<number> {
  const { output } = invocation
  const seconds = limits.daemonReturnMs / 1_000
  const end = await withDaemonBack({
    probe: async () => (await reconnected(invocation, signal))?.client,
    signal,
    waiting: () => output.hint(`the daemon went away; waiting ${seconds} s for it to come back.`),
    use: async (client) => {
      const exitCode = await follower.goOn(client)
      const { resumable } = await client.getTask(taskId)
      return { exitCode, resumable }
    },
  }).catch((error: unknown) => {
    if (error instanceof CallboardError && error.code === 'unknown_task') throw forgotten(taskId, error)
    throw error
  })
  if (end === undefined) throw notBack(invocation, taskId, gone)
  if (end.resumable) output.say(`${advice(invocation, `resume ${taskId}`)} runs it again.`)
  return end.exitCode
}

/** Cancels the task once `asked` aborts, until stopped: then it has ended, and that it was too late is no news. */
function cancelWhen(asked: AbortSignal, { client }: Connection, taskId: string, invocation: Invocation) {
  const { output } = invocation
  let stopped = false
  let waiting: Disposable | undefined
  const cancel = (): void => {
    waiting = sayWhenLong(
      invocation,
      () =>
        `waiting for the task ${shortId(taskId)} to end: it gets TERM, and KILL where that does not help. ` +
        'Ctrl-C again leaves at once.',
    )
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
    waiting?.[Symbol.dispose]()
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
