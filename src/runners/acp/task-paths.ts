/**
 * Which paths an agent may name: those inside its task's directory, wherever links lead. A path that does not exist yet
 * is judged by the nearest directory above it that does. This keeps an honest agent's tools where they belong; a
 * program of the same user can always open files by itself.
 */
import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { codeOfError } from './system-error.ts'

/** Why a path is not to be used. */
export class PathRefused extends Error {
  override readonly name = 'PathRefused'
}

/** The real path of `path`, which may not exist; throws PathRefused where it does not lie inside `root`, a real path. */
export async function pathInside(root: string, path: string): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) throw new PathRefused('it must be an absolute path')
  const real = await realPath(resolve(path))
  const start = root.endsWith(sep) ? root : `${root}${sep}`
  if (real !== root && !real.startsWith(start)) throw new PathRefused("it lies outside the task's directory")
  return real
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (codeOfError(error) !== 'ENOENT') throw new PathRefused('it cannot be reached')
  }
  if (await isThere(path)) throw new PathRefused('it is a link that leads nowhere')
  const parent = dirname(path)
  if (parent === path) throw new PathRefused('it cannot be reached')
  return join(await realPath(parent), basename(path))
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}
