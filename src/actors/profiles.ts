/**
 * Profiles name runners with defaults: a client that knows nothing of us gets the default one, a client that names a
 * mode which is a profile gets that, and `configuration.callboard` goes over it field by field.
 */
import { nearest } from '../wire/nearest.ts'
import type { RunnerName } from '../runners/runner.ts'
import type { CallboardConfiguration, Configuration } from '../wire/commands.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'

/** A runner and its defaults. `env` may hold secrets. */
export interface Profile {
  readonly name: string
  readonly runner: RunnerName
  readonly command?: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: 'closed' | 'text' | 'open'
  readonly replay?: string
  readonly speed?: number
  readonly mode?: string
  readonly model?: string
  readonly options?: Readonly<Record<string, string | boolean>>
  readonly authMethod?: string
  readonly mcpServers?: NonNullable<CallboardConfiguration['mcpServers']>
  /** `cwd`: its tasks in the same directory run one at a time. */
  readonly exclusive?: 'cwd' | 'none'
  /** Who answers what its tasks ask where only clients that know no asks watch. */
  readonly legacyAsks?: 'allow' | 'deny' | 'wait'
}

export interface Profiles {
  readonly byName: ReadonlyMap<string, Profile>
  readonly defaultName: string | undefined
}

/** What runs a task with this configuration, a profile's defaults in it. */
export function runnerName(callboard: CallboardConfiguration): RunnerName {
  return callboard.replay === undefined ? (callboard.runner ?? 'command') : 'replay'
}

/**
 * The key of which one task runs at a time; undefined where it runs beside all others. Agents in one directory would
 * undo each other's work; commands are their callers' business. `realPath` follows links, also of no directory at all.
 */
export function exclusivity(
  profiles: Profiles,
  callboard: CallboardConfiguration,
  realPath: (cwd: string | undefined) => string,
): string | undefined {
  const profile = callboard.profile === undefined ? undefined : profiles.byName.get(callboard.profile)
  const asked = profile?.exclusive ?? (callboard.runner === 'acp' ? 'cwd' : 'none')
  return asked === 'cwd' ? `cwd:${realPath(callboard.cwd)}` : undefined
}

/** What a task runs with. A command or a recording of its own needs no profile, and goes over what a profile runs. */
export function mergeProfile(
  profiles: Profiles,
  configuration: Configuration,
  asked: CallboardConfiguration,
): Outcome<CallboardConfiguration> {
  if (asked.profile !== undefined && !profiles.byName.has(asked.profile))
    return unknownProfile(profiles, asked.profile)
  const name = asked.profile ?? profileOfMode(profiles, configuration) ?? defaultProfile(profiles, asked)
  const profile = name === undefined ? undefined : profiles.byName.get(name)
  if (profile === undefined) return accepted(asked)
  const { command, cwd, env, stdin, replay, speed } = profile
  const merged = {
    ...(asked.env === undefined && env === undefined ? {} : { env: { ...env, ...asked.env } }),
  }
  return accepted({
    ...(command === undefined || runsItsOwn(asked) ? {} : { command: [...command] }),
    ...(replay === undefined || runsItsOwn(asked) ? {} : { replay }),
    ...(speed === undefined ? {} : { speed }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(stdin === undefined ? {} : { stdin }),
    ...(profile.legacyAsks === undefined ? {} : { legacyAsks: profile.legacyAsks }),
    ...(profile.runner === 'acp' && !runsItsOwn(asked) ? agentDefaults(profile) : {}),
    ...asked,
    ...merged,
    profile: profile.name,
  })
}

/** What a profile says of its agent: of use to that agent alone. */
function agentDefaults({ mode, model, options, authMethod, mcpServers }: Profile): CallboardConfiguration {
  return {
    runner: 'acp',
    ...(mode === undefined ? {} : { mode }),
    ...(model === undefined ? {} : { model }),
    ...(options === undefined ? {} : { options: { ...options } }),
    ...(authMethod === undefined ? {} : { authMethod }),
    ...(mcpServers === undefined ? {} : { mcpServers }),
  }
}

function profileOfMode(profiles: Profiles, configuration: Configuration): string | undefined {
  const mode = configuration['mode']
  return typeof mode === 'string' && profiles.byName.has(mode) ? mode : undefined
}

function defaultProfile(profiles: Profiles, asked: CallboardConfiguration): string | undefined {
  return runsItsOwn(asked) ? undefined : profiles.defaultName
}

function runsItsOwn(asked: CallboardConfiguration): boolean {
  return asked.command !== undefined || asked.replay !== undefined
}

function unknownProfile(profiles: Profiles, name: string): Outcome<never> {
  const close = nearest(name, [...profiles.byName.keys()])
  const hint = close === undefined ? 'add it to "profiles" in the config' : `did you mean "${close}"?`
  return refused('invalid_command', `No profile is named "${name}": ${hint}`)
}
