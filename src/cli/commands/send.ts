/** `callboard send <task> <text…>`: a message for a task; a command that was started with --stdin reads it as a line. */
import { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { resolveTaskId } from '../task-id.ts'
import { CallboardError } from '../../client/callboard-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import type { Invocation } from '../invocation.ts'

const help = `
Examples:
  id=$(callboard start --stdin -- sh -c 'read name; echo hello $name')
  callboard send "$id" World`

export function sendCommand(): Command {
  return withSharedOptions(new Command('send'))
    .summary('send a message to a task')
    .description('Send a message to a task. A command started with --stdin reads it as a line of its input.')
    .argument('<task>', 'its id, or a unique beginning or end of it')
    .argument('<text...>', 'the message; words are joined by spaces')
    .addHelpText('after', help)
    .passThroughOptions()
    .action(async (typed: string, words: string[], _options: unknown, command: Command) =>
      send(invocationOf(command), typed, words.join(' ')),
    )
}

async function send(invocation: Invocation, typed: string, text: string): Promise<void> {
  const taskId = await withConnection(invocation, {}, async ({ client }) => {
    const taskId = resolveTaskId(typed, await client.listTasks(), advice(invocation, 'ps --all'))
    await sent(client.sendMessage({ taskId, text }), invocation)
    return taskId
  })
  if (invocation.json) await invocation.output.document({ taskId })
}

const openInput = 'configuration.callboard.stdin'

/** Who typed this knows of no configuration: the way to an open input is an option of `start`. */
async function sent(sending: Promise<void>, invocation: Invocation): Promise<void> {
  try {
    await sending
  } catch (error) {
    if (!(error instanceof CallboardError) || !error.message.includes(openInput)) throw error
    const sentence = 'this command does not read messages: its input is closed'
    throw new Failure(
      `${sentence} (${advice(invocation, 'start --stdin')} keeps it open).`,
      exitCodes.failure,
      {
        cause: error,
      },
    )
  }
}
