/**
 * The user's config file: found, checked, read and parsed. It may name programs to run, so it is refused where anybody
 * else could have written it. Its values are the lowest layer: environment and flags go over them (config.ts).
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute } from 'node:path'
import { z } from 'zod'
import { limits } from '../limits.ts'
import { runnerNames } from '../runners/runner.ts'
import { legacyAsks, mcpServersSchema } from '../wire/commands.ts'
import { durabilities } from '../store/store.ts'
import { ownershipFault, reason } from './home.ts'
import { jsonMistakeAt } from './json-position.ts'
import { hint } from './listen-option.ts'
import { SettingsError } from './settings-error.ts'

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

const KiB = 1024
const MiB = 1024 * KiB
const absolutePath = z
  .string()
  .min(1)
  .max(limits.pathCharsMax)
  .refine(isAbsolute, { error: 'must be an absolute path' })
/** An id of an agent's own: of a mode, a model, a way to log in. */
const agentName = z.string().min(1).max(limits.agentNameCharsMax)
const between = (least: number, most: number) => z.number().int().min(least).max(most).optional()

/** The bounds that a user may change, each within what has been thought through. */
const configLimitsSchema = z.strictObject({
  tasksLiveMax: between(1, 100_000),
  // 0 stands for twice the cores.
  runningTasks: between(0, 100_000),
  queuedTasksMax: between(0, 100_000),
  queuedTasksBytesMax: between(0, 1024 * MiB),
  tasksKeptMax: between(0, 1_000_000),
  tasksKeptBytesMax: between(64 * KiB, 1024 * MiB),
  // Four slabs per MiB of lanes: below this the lanes' share would be the whole tail.
  tailBytesMax: between(8 * MiB, 2048 * MiB),
  connectionsMax: between(1, limits.connectionsMaxMax),
  cancelGraceMs: between(0, 600_000),
  sessionGraceMs: between(0, 86_400_000),
})

/** `cwd` is what agents do if nothing is said, `none` what all else does. */
export const exclusivities = ['cwd', 'none'] as const

const profileSchema = z.discriminatedUnion(
  'runner',
  [
    z.strictObject({
      runner: z.literal('command'),
      command: z.array(z.string()).min(1).max(limits.commandArgsMax).optional(),
      cwd: absolutePath.optional(),
      env: z.record(z.string(), z.string()).optional(),
      stdin: z.enum(['closed', 'text', 'open']).optional(),
      exclusive: z.enum(exclusivities).optional(),
      legacyAsks: z.enum(legacyAsks).optional(),
    }),
    z.strictObject({
      runner: z.literal('acp'),
      command: z.array(z.string()).min(1).max(limits.commandArgsMax),
      cwd: absolutePath.optional(),
      env: z.record(z.string(), z.string()).optional(),
      mode: agentName.optional(),
      model: agentName.optional(),
      options: z.record(agentName, z.union([z.string().max(limits.pathCharsMax), z.boolean()])).optional(),
      authMethod: agentName.optional(),
      mcpServers: mcpServersSchema.optional(),
      exclusive: z.enum(exclusivities).optional(),
      legacyAsks: z.enum(legacyAsks).optional(),
    }),
    z.strictObject({
      runner: z.literal('replay'),
      replay: absolutePath,
      speed: z.number().min(0).max(limits.replaySpeedMax).optional(),
    }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union' ? `known runners: ${runnerNames.join(', ')}` : undefined,
  },
)

export const profileName = z
  .string()
  .max(limits.globCharsMax)
  .regex(/^[A-Za-z0-9][\w.-]*$/, { error: 'a profile is named by letters, digits, dot, dash and underscore' })

export const configSchema = z.strictObject({
  socket: absolutePath.optional(),
  listen: z.array(z.string()).max(limits.listenersMax).optional(),
  profiles: z
    .record(profileName, profileSchema)
    .refine((all) => Object.keys(all).length <= limits.profilesMax, {
      error: `at most ${limits.profilesMax}`,
    })
    .optional(),
  defaultProfile: z.string().optional(),
  limits: configLimitsSchema.optional(),
  drainDeadlineMs: between(0, limits.drainDeadlineMsMax),
  store: z
    .strictObject({
      durability: z.enum(durabilities).optional(),
      retention: z
        .strictObject({
          ageDays: z.number().positive().max(36_500).optional(),
          bytes: between(1 * MiB, 1024 * 1024 * MiB),
          tasks: between(0, 10_000_000),
        })
        .optional(),
    })
    .optional(),
  log: z.strictObject({ level: z.enum(logLevels).optional() }).optional(),
})
export type Config = z.infer<typeof configSchema>

/**
 * Reads the config file. A missing one is an empty one. `bytesMax` in bytes. Throws SettingsError, in one sentence that
 * names the file, where it is not ours alone, too large, not JSON or says something unknown.
 */
export function readConfigFile(path: string, bytesMax: number = limits.configBytesMax): Config {
  const text = readConfigText(path, bytesMax)
  return text === undefined ? {} : parseConfig(text, path)
}

/** Parses the text of a config file; `path` is named in errors. No value of the file is quoted: it may hold keys. */
export function parseConfig(text: string, path: string): Config {
  const parsed = configSchema.safeParse(parseJson(text.replace(/^\uFEFF/, ''), path))
  if (!parsed.success) throw new SettingsError(`${path}: ${sayIssue(parsed.error.issues[0])}`)
  const { defaultProfile, profiles = {} } = parsed.data
  if (defaultProfile !== undefined && !Object.hasOwn(profiles, defaultProfile)) {
    const known = hint(defaultProfile, Object.keys(profiles))
    throw new SettingsError(
      `${path}: defaultProfile: unknown profile ${JSON.stringify(defaultProfile)}${known}`,
    )
  }
  return parsed.data
}

/** Opens first and checks what is open, so that the file checked is the file read. Non-blocking: it may be a pipe. */
export function readConfigText(path: string, bytesMax: number): string | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR'))
      return undefined
    throw new SettingsError(`${path}: cannot be read: ${reason(cause)}.`, { cause })
  }
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw new SettingsError(`${path}: is not a file.`)
    refuseIfShared(path, stats)
    // A link is followed: then both its own directory and that of the file it leads to count.
    for (const directory of new Set([dirname(path), dirname(realpathSync(path))])) {
      refuseIfShared(directory, statSync(directory))
    }
    if (stats.size > bytesMax)
      throw new SettingsError(`${path}: has ${stats.size} bytes; at most ${bytesMax} are read.`)
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

function refuseIfShared(path: string, stats: { uid: number; mode: number }): void {
  const fault = ownershipFault(stats, process.getuid?.())
  if (fault !== undefined) throw new SettingsError(`${path} ${fault}`)
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const { line, column } = jsonMistakeAt(text, error)
    throw new SettingsError(`${path}: is not JSON at line ${line}, column ${column}.`)
  }
}

function sayIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'is not a config.'
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? ''
    return `unknown key ${JSON.stringify([...issue.path, key].join('.'))}${hint(key, keysAt(configSchema, issue.path))}`
  }
  const inner = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined
  const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  return `${where}${inner ?? issue.message}.`
}

/** The keys that the schema knows at a path. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path)
  if (schema instanceof z.ZodDiscriminatedUnion) {
    return [...new Set(schema.options.flatMap((option) => keysAt(option, path)))]
  }
  const [first, ...rest] = path
  if (schema instanceof z.ZodRecord) return keysAt(schema.valueType, rest)
  if (!(schema instanceof z.ZodObject)) return []
  const shape: Record<string, unknown> = schema.shape
  return first === undefined ? Object.keys(shape) : keysAt(shape[String(first)], rest)
}
