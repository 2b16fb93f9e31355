/**
 * The daemon's settings: the config file, with the environment and then the flags over it. Everything is read once, at
 * the start; a mistake is one sentence and exit code 78. Nothing is read from the working directory.
 */
import { realpathSync } from 'node:fs'
import { availableParallelism, tmpdir, userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Profile } from '../actors/profiles.ts'
import { limits } from '../limits.ts'
import type { Limits } from '../limits.ts'
import { durabilities } from '../store/store.ts'
import type { Durability } from '../store/store.ts'
import { resolveSocketPath } from '../transport/socket-path.ts'
import type { SocketPath } from '../transport/socket-path.ts'
import { version } from '../version.ts'
import { logLevels, readConfigFile } from './config-file.ts'
import type { Config, LogLevel } from './config-file.ts'
import { configPath, homePath, openHome } from './home.ts'
import type { Env } from './home.ts'
import { hint, parseListenOption } from './listen-option.ts'
import type { ListenerSettings } from './listen-option.ts'
import { SettingsError } from './settings-error.ts'

export interface DaemonSettings {
  readonly version: string
  /** Absolute; made 0700 where it was missing. */
  readonly home: string
  /** The default listener first. */
  readonly listeners: readonly ListenerSettings[]
  readonly profiles: readonly Profile[]
  /** Names one of `profiles`. */
  readonly defaultProfile?: string
  /** Where the profiles stand, to be read again. */
  readonly configFile?: string
  readonly limits: Limits
  readonly drainDeadlineMs: number
  readonly logLevel: LogLevel
  /** What the journal holds against. */
  readonly durability: Durability
}

/** What `serve` takes from its command line. */
export interface SettingsFlags {
  readonly socket?: string
  /** Replaces the config's `listen`. */
  readonly listen?: readonly string[]
  readonly logLevel?: string
  readonly drainDeadlineMs?: number
  readonly durability?: string
}

export interface SettingsSources {
  readonly flags: SettingsFlags
  readonly env: Env
  /** What relative paths of flags and of the environment are resolved against. */
  readonly cwd: string
}

/** What a client must know of a daemon. */
export interface ClientSettings {
  readonly socketPath: string
  /** What decided the path, to be named in messages. */
  readonly socketSource: SocketPath['source']
  readonly home: string
}

export type Loaded<T> =
  ({ readonly ok: true } & T) | { readonly ok: false; readonly exitCode: 78; readonly message: string }

/** Reads everything that the daemon must know before it starts, and makes its home directory. Never throws. */
export function loadSettings(sources: SettingsSources): Loaded<{ settings: DaemonSettings }> {
  return refusing(() => {
    const configFile = configPath(sources.env)
    const config = readConfigFile(configFile)
    const home = homePath(sources.env)
    openHome(home)
    const durability = durabilityOf(sources, config)
    const drainDeadlineMs = drainDeadline(sources.flags.drainDeadlineMs ?? config.drainDeadlineMs)
    const settings: DaemonSettings = {
      version,
      home,
      listeners: listenersOf(sources, config),
      profiles: profilesOf(config),
      ...(config.defaultProfile === undefined ? {} : { defaultProfile: config.defaultProfile }),
      configFile,
      limits: {
        ...limits,
        ...(durability === 'memory' ? {} : { tailBytesMax: limits.tailOnDiskBytesMax }),
        ...withoutUndefined(config.limits ?? {}),
        runningTasks: runningTasks(config),
        ...retentionOf(config),
        drainDeadlineMs,
      },
      drainDeadlineMs,
      logLevel: levelOf(sources, config),
      durability,
    }
    return { settings }
  })
}

/** The profiles of a config file as it is now. Never throws. */
export function loadProfiles(
  configFile: string,
): Loaded<Pick<DaemonSettings, 'profiles' | 'defaultProfile'>> {
  return refusing(() => {
    const config = readConfigFile(configFile)
    const { defaultProfile } = config
    return { profiles: profilesOf(config), ...(defaultProfile === undefined ? {} : { defaultProfile }) }
  })
}

/** Where clients find the daemon and its home: the same rules, without making anything. Never throws. */
export function loadClientSettings(sources: SettingsSources): Loaded<ClientSettings> {
  return refusing(() => {
    const config = readConfigFile(configPath(sources.env))
    const { path, source } = socketPath(sources, config, false)
    return { socketPath: path, socketSource: source, home: homePath(sources.env) }
  })
}

function refusing<T>(load: () => T): Loaded<T> {
  try {
    return { ok: true, ...load() }
  } catch (error) {
    if (error instanceof SettingsError) return { ok: false, exitCode: 78, message: error.message }
    throw error
  }
}

/** Agents and builds wait for others most of the time: twice the cores keep all of them busy. */
function runningTasks(config: Config): number {
  const asked = config.limits?.runningTasks ?? limits.runningTasks
  return asked === 0 ? 2 * availableParallelism() : asked
}

function listenersOf(sources: SettingsSources, config: Config): ListenerSettings[] {
  const socket = socketPath(sources, config, true)
  const first = {
    framing: 'node-ipc',
    vocabulary: 'roo',
    scope: 'all',
    role: 'client',
    replay: 'none',
  } as const
  const listeners = [{ ...socket, ...first }, ...moreListeners(sources, config)]
  refuseTwice(listeners)
  return listeners
}

function moreListeners({ flags, cwd }: SettingsSources, config: Config): ListenerSettings[] {
  if (flags.listen !== undefined) return flags.listen.map((one) => parseListenOption(one, '--listen', cwd))
  // The config file stands in no working directory, so that its paths are absolute.
  return (config.listen ?? []).map((one) => parseListenOption(one, 'listen', undefined))
}

function refuseTwice(listeners: readonly ListenerSettings[]): void {
  const seen = new Map<string, ListenerSettings>()
  for (const listener of listeners) {
    const path = boundPath(listener.path)
    const earlier = seen.get(path)
    if (earlier !== undefined) {
      const sources = `${earlier.source} and ${listener.source}`
      throw new SettingsError(
        `The socket path ${listener.path} is given twice (${sources}): each listener needs its own.`,
      )
    }
    seen.set(path, listener)
  }
}

/** A socket's path with the links of its directory followed: two names of one file are one path. */
function boundPath(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return path
  }
}

function socketPath({ flags, env, cwd }: SettingsSources, config: Config, forServe: boolean): SocketPath {
  const outcome = resolveSocketPath({
    flag: flags.socket,
    env,
    config: config.socket,
    forServe,
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    // Elsewhere it is not asked for, and a user without an account entry has none.
    username: process.platform === 'win32' ? userInfo().username : '',
    tmpdir: temporaryDirectory(env),
    cwd,
  })
  if (!outcome.ok) throw new SettingsError(outcome.message)
  return outcome.value
}

/** As `os.tmpdir()`, but of the environment given. */
function temporaryDirectory(env: Env): string {
  const given = env['TMPDIR']
  return given === undefined || given === '' ? tmpdir() : given
}

function profilesOf(config: Config): Profile[] {
  return Object.entries(config.profiles ?? {}).map(([name, profile]) => ({
    name,
    ...withoutUndefined(profile),
  }))
}

function levelOf({ flags, env }: SettingsSources, config: Config): LogLevel {
  const [source, asked] =
    flags.logLevel === undefined
      ? ['CALLBOARD_LOG_LEVEL', env['CALLBOARD_LOG_LEVEL'] ?? '']
      : ['--log-level', flags.logLevel]
  if (asked === '' && source !== '--log-level') return config.log?.level ?? 'info'
  const level = logLevels.find((one) => one === asked)
  if (level === undefined)
    throw new SettingsError(`${source} ${JSON.stringify(asked)}: unknown level${hint(asked, logLevels)}`)
  return level
}

function durabilityOf({ flags, env }: SettingsSources, config: Config): Durability {
  const [source, asked] =
    flags.durability === undefined
      ? ['CALLBOARD_DURABILITY', env['CALLBOARD_DURABILITY'] ?? '']
      : ['--durability', flags.durability]
  if (asked === '' && source !== '--durability') return config.store?.durability ?? 'normal'
  const durability = durabilities.find((one) => one === asked)
  if (durability === undefined) {
    throw new SettingsError(
      `${source} ${JSON.stringify(asked)}: unknown durability${hint(asked, durabilities)}`,
    )
  }
  return durability
}

const dayMs = 24 * 3_600_000

function retentionOf(config: Config): Partial<Limits> {
  const { ageDays, bytes, tasks } = config.store?.retention ?? {}
  return {
    ...(ageDays === undefined ? {} : { retentionAgeMs: ageDays * dayMs }),
    ...(bytes === undefined ? {} : { retentionBytesMax: bytes }),
    ...(tasks === undefined ? {} : { retentionTasksMax: tasks }),
  }
}

function drainDeadline(asked: number | undefined): number {
  if (asked === undefined) return limits.drainDeadlineMs
  if (Number.isInteger(asked) && asked >= 0 && asked <= limits.drainDeadlineMsMax) return asked
  throw new SettingsError(
    `The drain deadline ${asked} must be from 0 to ${limits.drainDeadlineMsMax} milliseconds.`,
  )
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** What was not said is absent, so that it covers nothing that lies below. */
function withoutUndefined<T extends object>(values: T): Defined<T>
function withoutUndefined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
