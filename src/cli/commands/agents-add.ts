/** `callboard agents add <name> -- <command…>`: a profile in the user's config, known to a running daemon at once. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { addAgentProfile } from '../../daemon/config-edit.ts'
import { exclusivities } from '../../daemon/config-file.ts'
import { configPath } from '../../daemon/home.ts'
import { CallboardError } from '../../client/callboard-error.ts'
import { isJsonObject } from '../../wire/json-object.ts'
import { withConnection } from '../connection.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'

interface AddOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly mode?: string
  readonly model?: string
  readonly authMethod?: string
  readonly exclusive?: (typeof exclusivities)[number]
  readonly default?: boolean
}

export function agentsAddCommand(): Command {
  return withSharedOptions(new Command('add'))
    .summary('make a program an agent of yours')
    .description(
      'Write an agent into your config, under a name for `run --agent` and for other clients. A running daemon knows it at once.',
    )
    .argument('<name>', 'letters, digits, dot, dash and underscore')
    .argument('<command...>', 'program and arguments, after --')
    .option('--cwd <directory>', 'where it works when a client does not say')
    .option('--env <NAME=value>', 'a variable for it; may be given again', variable)
    .option('--mode <id>', 'the mode that it is put into')
    .option('--model <id>', 'the model that it is put into')
    .option('--auth-method <id>', 'how it is to log in')
    .addOption(
      new Option(
        '--exclusive <where>',
        'one task at a time in a directory (cwd, as for every agent), or beside others (none)',
      ).choices(exclusivities),
    )
    .option('--default', 'what a client that names nothing gets')
    .action(async (name: string, words: string[], options: AddOptions, command: Command) =>
      add(invocationOf(command), name, words, options),
    )
}

async function add(
  invocation: Invocation,
  name: string,
  words: readonly string[],
  options: AddOptions,
): Promise<void> {
  const path = configPath(invocation.env)
  const { cwd, env, mode, model, authMethod, exclusive } = options
  const profile = {
    command: [...words],
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(mode === undefined ? {} : { mode }),
    ...(model === undefined ? {} : { model }),
    ...(authMethod === undefined ? {} : { authMethod }),
    ...(exclusive === undefined ? {} : { exclusive }),
  }
  const { replaced } = addAgentProfile(path, name, profile, options.default === true)
  const daemon = await told(invocation, name)
  if (invocation.json) return await invocation.output.document({ name, path, replaced, daemon })
  invocation.output.say(`${name} is ${replaced ? 'changed' : 'added'} in ${path}; ${howTold[daemon]}.`)
}

type Told = 'knows it' | 'does not run' | 'has another config'

const howTold: Readonly<Record<Told, string>> = {
  'knows it': 'the daemon knows it',
  'does not run': 'no daemon runs: the next one will know it',
  'has another config': 'but the daemon that runs reads another config',
}

/** Has a running daemon read the profiles again. */
async function told(invocation: Invocation, name: string): Promise<Told> {
  try {
    return await withConnection(invocation, {}, async ({ client }) => {
      const result = await client.request({ commandName: 'ReloadConfig' })
      const profiles = isJsonObject(result) ? result['profiles'] : undefined
      return Array.isArray(profiles) && profiles.includes(name) ? 'knows it' : 'has another config'
    })
  } catch (error) {
    if (error instanceof Failure && error.exitCode === exitCodes.noDaemon) return 'does not run'
    if (error instanceof CallboardError) {
      throw new Failure(
        `it is written, but the daemon did not take it: ${error.message}`,
        exitCodes.failure,
        {
          cause: error,
        },
      )
    }
    throw error
  }
}

function variable(
  value: string,
  earlier: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = value.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Give it as NAME=value.')
  return { ...earlier, [value.slice(0, at)]: value.slice(at + 1) }
}
