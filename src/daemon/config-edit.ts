/**
 * Adds a profile to the user's config file. All else in it stays as it is, also what this version does not know. The
 * file is replaced as a whole, 0600: whoever reads it meanwhile sees the earlier or the new one. The trap: somebody may
 * edit it at the same time, so that it is read again right before it is replaced.
 */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { limits } from '../limits.ts'
import { isJsonObject } from '../wire/json-object.ts'
import { parseConfig, profileName, readConfigText } from './config-file.ts'
import { openHome, reason } from './home.ts'
import { SettingsError } from './settings-error.ts'
import type { JsonObject } from '../wire/json-object.ts'

export interface AddedProfile {
  /** Whether there was one of this name. */
  readonly replaced: boolean
}

/**
 * Writes `profile` under `name`; of an earlier agent of this name, what `profile` does not say stays. `isDefault` makes
 * it the default profile. Throws SettingsError, also for a name that belongs to a profile of another runner.
 */
export function addAgentProfile(
  path: string,
  name: string,
  profile: JsonObject,
  isDefault = false,
): AddedProfile {
  const named = profileName.safeParse(name)
  if (!named.success)
    throw new SettingsError(`${JSON.stringify(name)}: ${named.error.issues[0]?.message ?? 'no name'}.`)
  const before = readConfigText(path, limits.configBytesMax)
  const whole = parsed(before ?? '{}', path)
  const profiles = isJsonObject(whole['profiles']) ? whole['profiles'] : {}
  const earlier = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (isJsonObject(earlier) && earlier['runner'] !== 'acp') {
    throw new SettingsError(`${path}: profile ${JSON.stringify(name)} is not an agent: choose another name.`)
  }
  const merged = { ...(isJsonObject(earlier) ? earlier : {}), runner: 'acp', ...profile }
  const after = `${JSON.stringify(
    {
      ...whole,
      profiles: { ...profiles, [name]: merged },
      ...(isDefault ? { defaultProfile: name } : {}),
    },
    null,
    indentOf(before ?? ''),
  )}\n`
  // What the daemon would refuse is not written.
  parseConfig(after, path)
  replace(path, before, after)
  return { replaced: earlier !== undefined }
}

function parsed(text: string, path: string): JsonObject {
  parseConfig(text, path)
  const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  return isJsonObject(value) ? value : {}
}

/** As the file is written now. */
function indentOf(text: string): string {
  return /\n([ \t]+)"/.exec(text)?.[1] ?? '  '
}

function replace(path: string, before: string | undefined, after: string): void {
  openHome(dirname(path))
  // A link stays one: what it leads to is replaced.
  const target = before === undefined ? path : realpathSync(path)
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`)
  try {
    writeNew(temporary, after)
    if (readConfigText(path, limits.configBytesMax) !== before) {
      throw new SettingsError(`${path}: somebody else has just changed it: try again.`)
    }
    renameSync(temporary, target)
  } catch (cause) {
    rmSync(temporary, { force: true })
    if (cause instanceof SettingsError) throw cause
    throw new SettingsError(`${path}: cannot be written: ${reason(cause)}.`, { cause })
  }
}

function writeNew(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o600)
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  chmodSync(path, 0o600)
}
