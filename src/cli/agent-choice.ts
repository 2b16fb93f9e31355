/**
 * Which agent a text is said to: the one that is named, as a profile of the user's config or as one that is known, else
 * the first known one that is on PATH. Nothing is run to find out.
 */
import { readConfigFile } from '../daemon/config-file.ts'
import { configPath } from '../daemon/home.ts'
import { programPath } from '../runners/installed-agents.ts'
import { knownAgents } from '../runners/known-agents.ts'
import { nearest } from '../wire/nearest.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'
import type { Config } from '../daemon/config-file.ts'
import type { Env } from '../daemon/home.ts'

export interface ChosenAgent {
  readonly name: string
  /** Of a configured agent: its profile says how it is started. */
  readonly profile?: string
  /** Of one that is only known. */
  readonly command?: readonly string[]
  /** Variables that its profile sets, and that a terminal's must not cover. */
  readonly ownVariables: readonly string[]
}

/**
 * Whether the words of `run` are a text for an agent: where one is named, or where they are one argument, without `--`
 * in the command line, that is no program.
 */
export function isForAgent(
  words: readonly string[],
  agent: string | undefined,
  env: Env,
  argv: readonly string[],
): boolean {
  const [only = ''] = words
  if (agent !== undefined) return true
  return (
    words.length === 1 && !argv.includes('--') && programPath(only, env) === undefined && !only.includes('/')
  )
}

/** Throws Failure where there is no such agent, or none at all. */
export function chooseAgent(asked: string | undefined, env: Env): ChosenAgent {
  const profiles = readConfigFile(configPath(env)).profiles ?? {}
  const found = asked === undefined ? firstFound(profiles, env) : named(asked, profiles, env)
  if (found !== undefined) return found
  throw new Failure(
    'this is no program, and no agent for it is configured or on PATH: `callboard agents` lists those that are known, and how each is installed.',
    exitCodes.failure,
  )
}

type ProfilesOfConfig = NonNullable<Config['profiles']>

function named(name: string, profiles: ProfilesOfConfig, env: Env): ChosenAgent {
  const configured = configuredAgent(name, profiles)
  if (configured !== undefined) return configured
  const known = knownAgents.find((one) => one.name === name)
  if (known === undefined) {
    const names = [...new Set([...agentNames(profiles), ...knownAgents.map((one) => one.name)])]
    const close = nearest(name, names)
    const hint = close === undefined ? '`callboard agents add` makes it one' : `did you mean "${close}"?`
    throw new Failure(`no agent is named ${JSON.stringify(name)}: ${hint}`, exitCodes.usage)
  }
  if (programPath(known.command[0], env) !== undefined)
    return { name, command: known.command, ownVariables: [] }
  throw new Failure(
    `${known.title} is not on PATH as ${known.command[0]}: ${known.install}.`,
    exitCodes.failure,
  )
}

function firstFound(profiles: ProfilesOfConfig, env: Env): ChosenAgent | undefined {
  for (const { name, command } of knownAgents) {
    const configured = configuredAgent(name, profiles)
    if (configured !== undefined) return configured
    if (programPath(command[0], env) !== undefined) return { name, command, ownVariables: [] }
  }
  // Last the user's own ones.
  const [own] = agentNames(profiles)
  return own === undefined ? undefined : configuredAgent(own, profiles)
}

function agentNames(profiles: ProfilesOfConfig): string[] {
  return Object.entries(profiles).flatMap(([name, profile]) => (profile.runner === 'acp' ? [name] : []))
}

function configuredAgent(name: string, profiles: ProfilesOfConfig): ChosenAgent | undefined {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile?.runner !== 'acp') return undefined
  return { name, profile: name, ownVariables: Object.keys(profile.env ?? {}) }
}
