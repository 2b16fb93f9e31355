/**
 * `callboard agents`: the agents that are known or configured, whether each is on PATH, and with --probe what each says
 * of itself. Without --probe nothing is run.
 */
import { basename } from 'node:path'
import { Command } from 'commander'
import { readConfigFile } from '../../daemon/config-file.ts'
import { configPath } from '../../daemon/home.ts'
import { packageVersion, programPath } from '../../runners/installed-agents.ts'
import { knownAgents } from '../../runners/known-agents.ts'
import { probeAgent } from '../../runners/acp/probe.ts'
import { version } from '../../version.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { commandLine } from '../rendering/command-line.ts'
import { oneLine } from '../rendering/plain-text.ts'
import { table } from '../rendering/table.ts'
import { agentsAddCommand } from './agents-add.ts'
import type { Invocation } from '../invocation.ts'
import type { Probed } from '../../runners/acp/probe.ts'

interface ListedAgent {
  readonly name: string
  readonly command: readonly string[]
  /** Whether it is a profile of the user's config. */
  readonly configured: boolean
  /** Where its program lies; absent where it is not found. */
  readonly path?: string
  readonly version?: string
  /** How it is installed, where it is known and not found. */
  readonly install?: string
  readonly login?: string
  readonly probe?: Probed
}

const help = `
Examples:
  callboard agents                       what is known, and whether a program of
                                         that name is on PATH
  callboard agents --probe               start each that is installed, ask it
                                         what it is, and end it again
  callboard agents add mine -- my-agent --acp
                                         make a program an agent of yours
  callboard run --agent claude "fix the tests"

Nothing is downloaded, and nothing is run without --probe.`

export function agentsCommand(): Command {
  return withSharedOptions(new Command('agents'))
    .summary('list the agents that a task can be given to')
    .description(
      'List the agents that speak the Agent Client Protocol: those that are known here, and your own.',
    )
    .enablePositionalOptions()
    .option('--probe', 'start each that is found and ask it what it is')
    .addHelpText('after', help)
    .addCommand(agentsAddCommand())
    .action(async (options: { probe?: boolean }, command: Command) =>
      list(invocationOf(command), options.probe === true),
    )
}

async function list(invocation: Invocation, isProbing: boolean): Promise<void> {
  const { output, json } = invocation
  const agents: ListedAgent[] = []
  // One after the other: each may take a while and much memory.
  for (const agent of listed(invocation)) {
    agents.push(
      isProbing && agent.path !== undefined ? { ...agent, probe: await probed(agent, invocation) } : agent,
    )
  }
  if (json) return await output.document({ agents })
  const { paint } = output
  const rows = agents.map((agent) => [
    {
      text: agent.name,
      ...(agent.path === undefined ? {} : { paint: (text: string) => paint.in('bold', text) }),
    },
    { text: foundWords(agent) },
    { text: agent.version ?? '' },
    { text: oneLine(commandLine(agent.command)) },
    { text: remark(agent) },
  ])
  await output.write(`${table(rows, output.columns).join('\n')}\n`)
}

/** That a program is there says nothing of what it is: only an answer does. */
function foundWords({ command, path, probe }: ListedAgent): string {
  const place = command[0]?.includes('/') === true ? 'there' : 'on PATH'
  if (path === undefined) return `not ${place}`
  if (probe === undefined) return `${place}, not probed`
  return probe.ok ? 'answers' : `${place}, no answer`
}

function listed({ env }: Invocation): ListedAgent[] {
  const profiles = readConfigFile(configPath(env)).profiles ?? {}
  const own = Object.entries(profiles).flatMap(([name, profile]) =>
    profile.runner === 'acp' ? [{ name, command: profile.command, configured: true }] : [],
  )
  const names = new Set(own.map(({ name }) => name))
  const known = knownAgents
    .filter(({ name }) => !names.has(name))
    .map((one) => ({ ...one, configured: false }))
  return [...own, ...known].map(({ name, command, configured }) => {
    const path = programPath(command[0] ?? '', env)
    // Of any other program it could be an interpreter's.
    const isKnown = knownAgents.some((one) => one.command[0] === basename(command[0] ?? ''))
    const found = path === undefined || !isKnown ? undefined : packageVersion(path)
    const about = knownAgents.find((one) => one.name === name)
    return {
      name,
      command,
      configured,
      ...(path === undefined ? {} : { path }),
      ...(found === undefined ? {} : { version: found }),
      ...(about === undefined
        ? {}
        : { login: about.login, ...(path === undefined ? { install: about.install } : {}) }),
    }
  })
}

async function probed({ name, command }: ListedAgent, { env, cwd }: Invocation): Promise<Probed> {
  const profile = readConfigFile(configPath(env)).profiles?.[name]
  const variables = Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))
  const own = profile?.runner === 'acp' ? profile.env : undefined
  return await probeAgent({ command, cwd, env: { ...Object.fromEntries(variables), ...own }, version })
}

function remark({ configured, path, install, probe }: ListedAgent): string {
  const own = configured ? 'yours' : ''
  if (probe === undefined) return path === undefined && install !== undefined ? install : own
  if (!probe.ok) return oneLine(probe.why)
  const { name = 'an agent', version: said = '', authMethods, can } = probe
  const parts = [`${name} ${said}`.trim(), ...(can.length === 0 ? [] : [`can ${can.join(', ')}`])]
  if (authMethods.length > 0) parts.push(`logs in by ${authMethods.join(', ')}`)
  return oneLine(parts.join('; '))
}
