/** A text as an agent is asked to answer it: in the caller's directory, with the caller's environment. */
import type { CallboardConfiguration, StartNewTask } from '../wire/commands.ts'
import type { ChosenAgent } from './agent-choice.ts'
import type { Invocation } from './invocation.ts'

export function agentRequest(
  { env, cwd }: Pick<Invocation, 'env' | 'cwd'>,
  text: string,
  { profile, command, ownVariables }: ChosenAgent,
  options: { readonly priority?: number } = {},
): StartNewTask {
  const variables = Object.entries(env).flatMap(([name, value]): [string, string][] =>
    value === undefined || ownVariables.includes(name) ? [] : [[name, value]],
  )
  const callboard: CallboardConfiguration = {
    ...(profile === undefined ? { runner: 'acp', command: [...(command ?? [])] } : { profile }),
    cwd,
    env: Object.fromEntries(variables),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
  }
  return { text, configuration: { callboard } }
}
