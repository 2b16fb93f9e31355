/**
 * Opens an address in the user's browser. A program's arguments can be seen by everybody (ps), and the address holds a
 * token: the browser is given a file of the user's own, 0600, which leads on to it. A process of its own removes the
 * file a little later, so that nobody waits for that.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { limits } from '../limits.ts'
import { placeOf } from './place.ts'
import type { Invocation } from './invocation.ts'

const browsers: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** Resolves when the browser has been started; where none could be it is said. */
export async function openInBrowser(invocation: Invocation, url: string): Promise<void> {
  const file = redirectTo(url, placeOf(invocation).home)
  const [program = 'xdg-open', ...args] =
    invocation.env['BROWSER']?.split(' ') ?? browsers[process.platform] ?? []
  const why = await failureOf(spawn(program, [...args, file], { stdio: 'ignore', detached: true }))
  if (why === undefined) return await removeLater(file)
  rmSync(file, { force: true })
  invocation.output.say(`no browser could be opened (${why}): open the address above.`)
}

function redirectTo(url: string, home: string): string {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const file = join(home, `inspect-${randomBytes(8).toString('hex')}.html`)
  const html = `<!doctype html><meta charset="utf-8"><title>Callboard</title><meta http-equiv="refresh" content="0;url=${url}">`
  writeFileSync(file, html, { mode: 0o600, flag: 'wx' })
  return file
}

const removal = `setTimeout(() => require('node:fs').rmSync(process.argv[1], { force: true }), +process.argv[2])`

/** Also where we are ended before: it is not our child's business. Without such a process it goes at once. */
async function removeLater(file: string): Promise<void> {
  const args = ['-e', removal, file, String(limits.redirectLivesMs)]
  const why = await failureOf(spawn(process.execPath, args, { stdio: 'ignore', detached: true }))
  if (why !== undefined) rmSync(file, { force: true })
}

/** Why a program was not started; undefined once it was. It is left to itself. */
async function failureOf(child: ChildProcess): Promise<string | undefined> {
  child.unref()
  return await new Promise((settle) => {
    child.once('spawn', () => settle(undefined)).once('error', (error) => settle(error.message))
  })
}
