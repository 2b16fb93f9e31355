/** A directory of a test file's own under the system's temporary one, removed when its tests are done. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

export function scratchDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'callboard-')))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
