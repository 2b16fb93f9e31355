/** `callboard answer <ask> <option|text…>`: says to a task what it waits for. The first valid answer wins. */
import { Command } from 'commander'
import { answerFrom } from '../asking/answer.ts'
import { endedAsk } from '../asking/ended-ask.ts'
import { withConnection } from '../connection.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { advice, invocationOf, withSharedOptions } from '../invocation.ts'
import { oneLine } from '../rendering/plain-text.ts'
import { matchId, shortId, shortIdLength } from '../task-id.ts'
import { CallboardError } from '../../client/callboard-error.ts'
import type { AskResponse } from '../../client/callboard-client.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'
import type { Task } from '../../wire/envelope.ts'
import type { Ask } from '../../wire/events.ts'

const help = `
Examples:
  callboard answer 9c1f yes             an option: its id, its label, a unique
                                        beginning of either, or its number
  callboard answer 9c1f use the other   a question that takes text
  callboard answer 9c1f size=3 fast=no  the fields of a form
  callboard answer 9c1f decline         what an agent wants to know can be
                                        declined, or put away: cancel

\`callboard asks\` lists what is asked. Where somebody else was quicker, that is
said, and the exit code is 1.`

export function answerCommand(): Command {
  return withSharedOptions(new Command('answer'))
    .summary('answer what a task asks')
    .description('Answer what a task asks. The first valid answer wins.')
    .argument('<ask>', 'its id or that of the task that asks, or a unique beginning or end of it')
    .argument('<answer...>', 'an option, a text, or name=value for each field of a form')
    .addHelpText('after', help)
    .passThroughOptions()
    .action(async (typed: string, words: string[], _options: unknown, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, (connection) => answer(invocation, connection, typed, words))
    })
}

async function answer(
  invocation: Invocation,
  { client, hello }: Connection,
  typed: string,
  words: readonly string[],
): Promise<void> {
  const ask = askMeant(typed, await client.listTasks())
  // The daemon may remember who answered one that is no longer open.
  const askId = ask?.id ?? (await endedAsk(client, typed, hello.head)) ?? typed
  const response = ask === undefined ? { text: words.join(' ') } : understood(ask, words)
  try {
    await client.respondToAsk(askId, response)
  } catch (error) {
    if (!(error instanceof CallboardError)) throw error
    // Who was quicker stands in it.
    const sentence = oneLine(error.message).replace(/\.$/, '')
    const listing = advice(invocation, 'asks')
    throw new Failure(`${sentence} (${listing} lists what is open).`, exitCodes.failure, { cause: error })
  }
  if (invocation.json) await invocation.output.document({ askId, ...response })
}

/** The open ask of that id, or the only one of the task of that id. Throws Failure where it may be several. */
function askMeant(typed: string, tasks: readonly Task[]): Ask | undefined {
  const open = tasks.flatMap((task) => task.asks)
  const id = matchId(typed, ids(open), 'asks')
  if (id !== undefined) return open.find((one) => one.id === id)
  const asking = tasks.filter((task) => task.asks.length > 0)
  const task = asking.find((one) => one.id === matchId(typed, ids(asking), 'tasks that ask'))
  if (task === undefined || task.asks.length === 1) return task?.asks[0]
  const length = shortIdLength(ids(task.asks))
  const shown = ids(task.asks).map((one) => shortId(one, length))
  throw new Failure(
    `the task ${shortId(task.id)} asks ${shown.length} things (${shown.join(', ')}): type one.`,
  )
}

function ids(things: readonly { readonly id: string }[]): string[] {
  return things.map((one) => one.id)
}

/** Throws Failure (2) where the words are no answer to it. */
function understood(ask: Ask, words: readonly string[]): AskResponse {
  const typed = answerFrom(ask, words)
  if (typed.ok) return typed.response
  throw new Failure(`${typed.why}.`, exitCodes.usage)
}
