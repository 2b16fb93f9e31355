/** What `run` and `watch --interactive` share: a prompter on the terminal, whose answers go out on their connection. */
import { advice } from '../invocation.ts'
import { shortId } from '../task-id.ts'
import { AskPrompter } from './ask-prompter.ts'
import { terminalOf } from './terminal.ts'
import type { Connection } from '../connection.ts'
import type { Invocation } from '../invocation.ts'

/** Undefined where nobody is at a terminal. `stdinIsTaken`: its lines are meant for somebody else. */
export function askPrompter(
  invocation: Invocation,
  { client }: Connection,
  stdinIsTaken: boolean,
): AskPrompter | undefined {
  const terminal = terminalOf(process, stdinIsTaken)
  if (terminal === undefined) return undefined
  return new AskPrompter({
    terminal,
    respond: (askId, response) => client.respondToAsk(askId, response),
    later: (ask) => advice(invocation, `answer ${shortId(ask.id)} …`),
  })
}
