/**
 * Where a program lies and which version it is, found by looking at files alone: nothing is run. A version is known
 * where the program belongs to an npm package; other programs are asked by --probe only.
 */
import { limits as defaults } from '../limits.ts'
import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { isJsonObject } from '../wire/json-object.ts'

/** The absolute path of `program` as the system would find it; undefined where it would not. */
export function programPath(
  program: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (program.includes('/')) return isAbsolute(program) && isExecutable(program) ? program : undefined
  const directories = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  return directories.map((directory) => join(directory, program)).find(isExecutable)
}

/** The version of the npm package that `path` belongs to. */
export function packageVersion(path: string): string | undefined {
  let directory = dirname(realPath(path))
  for (let depth = 0; depth < defaults.agentPackageLevelsMax; depth++) {
    const found = versionIn(join(directory, 'package.json'))
    if (found !== undefined) return found
    if (dirname(directory) === directory) return undefined
    directory = dirname(directory)
  }
  return undefined
}

function versionIn(path: string): string | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const isProgram = isJsonObject(value) && value['bin'] !== undefined
    return isProgram && typeof value['version'] === 'string'
      ? value['version'].slice(0, defaults.agentNameCharsMax)
      : undefined
  } catch {
    return undefined
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
