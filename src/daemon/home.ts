/**
 * The directories that are the user's own: the daemon's home (its lock, its log, later its journal) and the place of
 * the config file. Neither is ever taken from the working directory.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { SettingsError } from './settings-error.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** `$CALLBOARD_HOME`, else `$XDG_STATE_HOME/callboard`, else `~/.local/state/callboard`. Creates nothing. */
export function homePath(env: Env): string {
  const own = env['CALLBOARD_HOME']
  if (own === undefined || own === '')
    return join(baseDirectory(env, 'XDG_STATE_HOME', '.local/state'), 'callboard')
  if (!isAbsolute(own))
    throw new SettingsError(`CALLBOARD_HOME is ${JSON.stringify(own)}: it must be an absolute path.`)
  return own
}

/** `$XDG_CONFIG_HOME/callboard/config.json`, else `~/.config/callboard/config.json`. */
export function configPath(env: Env): string {
  return join(baseDirectory(env, 'XDG_CONFIG_HOME', '.config'), 'callboard', 'config.json')
}

/** A relative base directory is ignored, as the XDG specification asks. */
function baseDirectory(env: Env, variable: string, fallback: string): string {
  const given = env[variable]
  if (given !== undefined && isAbsolute(given)) return given
  const home = env['HOME']
  return join(home !== undefined && isAbsolute(home) ? home : homedir(), fallback)
}

/** Makes the home directory, 0700, where it is missing. Throws SettingsError where it cannot be used safely. */
export function openHome(path: string): void {
  let stats: Stats
  try {
    makeDirectories(path)
    stats = statSync(path)
  } catch (cause) {
    throw new SettingsError(`The home directory ${path} cannot be made: ${reason(cause)}.`, { cause })
  }
  if (!stats.isDirectory()) throw new SettingsError(`The home ${path} is not a directory.`)
  const fault = ownershipFault(stats, process.getuid?.())
  if (fault !== undefined) throw new SettingsError(`The home directory ${path} ${fault}`)
}

/** Not `recursive`: Node tries for ever where a directory that exists takes none (ENOENT, as in /proc). */
function makeDirectories(path: string): void {
  const parent = dirname(path)
  if (parent !== path && !existsSync(parent)) makeDirectories(parent)
  try {
    mkdirSync(path, 0o700)
  } catch (error) {
    // Another process may have been first. What is no directory is refused by openHome.
    if (!existsSync(path)) throw error
  }
}

/**
 * Why a file or directory may be changed by somebody else, as the rest of a sentence; undefined where it may not.
 * Root's own are taken: who is root needs no config file. Without uids (Windows) nothing is checked.
 */
export function ownershipFault(
  stats: { readonly uid: number; readonly mode: number },
  uid: number | undefined,
): string | undefined {
  if (uid === undefined) return undefined
  if (stats.uid !== uid && stats.uid !== 0) return `belongs to another user (uid ${stats.uid}).`
  if ((stats.mode & 0o022) !== 0) return 'may be written by others: run chmod go-w on it.'
  return undefined
}

/** What a failed system call says, without its path: `EACCES: permission denied`. */
export function reason(error: unknown): string {
  return error instanceof Error ? (error.message.split(',')[0] ?? error.message) : String(error)
}
