/**
 * One temporary directory for a whole run of the tests, in which every other one lies, and the bundled program. It goes
 * with the run, and so do the daemons whose home it holds; where the run was killed before its tests could tidy up, the next one does both.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { bundleProgram } from './program.ts'

const prefix = 'callboard-run-'
let space: string | undefined

/** Called by vitest for each project, in its main process: workers and what they spawn take `TMPDIR` from it. */
export async function setup(): Promise<void> {
  const root = tmpdir()
  if (basename(root).startsWith(prefix)) return
  for (const name of readdirSync(root)) if (isLeft(name)) remove(join(root, name))
  space = join(root, `${prefix}${process.pid}`)
  mkdirSync(space, { mode: 0o700, recursive: true })
  process.env['TMPDIR'] = space
  process.env['NODE_COMPILE_CACHE'] = join(space, 'compiled')
  process.env['CALLBOARD_TEST_PROGRAM'] = await bundleProgram(join(space, 'program'))
}

export function teardown(): void {
  if (space !== undefined) remove(space)
}

/** Of a run whose process is gone. */
function isLeft(name: string): boolean {
  const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length) : Number.NaN)
  if (!Number.isInteger(pid)) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}

/** Another user's is not ours to remove; nor is a run to fail by what is in its way. */
function remove(directory: string): void {
  try {
    for (const pid of daemonsIn(directory)) process.kill(pid, 'SIGKILL')
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    console.warn(`left behind: ${directory}`)
  }
}

/** Process ids of daemons, and what they started, whose home lies in the directory (Linux). */
function daemonsIn(directory: string): number[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`\0CALLBOARD_HOME=${directory}/`))
    .map(Number)
}

function environmentOf(pid: string): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`
  } catch {
    return ''
  }
}
