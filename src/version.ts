/**
 * The version of this package, read from its package.json: the nearest one above this file, so that it is found from
 * `src` and from `dist` alike. A leaf.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Finds the version of the package that `directory` belongs to. Throws where no package.json is above it. */
function versionAbove(directory: string): string {
  let text: string
  try {
    text = readFileSync(join(directory, 'package.json'), 'utf8')
  } catch (cause) {
    const parent = dirname(directory)
    if (parent === directory) throw new Error('No package.json above the program.', { cause })
    return versionAbove(parent)
  }
  const found: unknown = JSON.parse(text)
  if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version)
  throw new Error(`The package.json in ${directory} names no version.`)
}

export const version = versionAbove(import.meta.dirname)
