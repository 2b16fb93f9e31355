/** Adding an agent to the user's config file: nothing else in it changes. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addAgentProfile } from '../../src/daemon/config-edit.ts'
import { readConfigFile } from '../../src/daemon/config-file.ts'
import { loadProfiles } from '../../src/daemon/config.ts'

let directory = ''
let path = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'callboard-config-edit-'))
  path = join(directory, 'callboard', 'config.json')
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function write(value: unknown): void {
  mkdirSync(join(directory, 'callboard'), { mode: 0o700 })
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 })
}

test('a file that is not there is made, for its owner alone, and its directory too', () => {
  expect(addAgentProfile(path, 'mine', { command: ['my-agent', '--acp'] })).toEqual({ replaced: false })
  expect(readConfigFile(path)).toEqual({
    profiles: { mine: { runner: 'acp', command: ['my-agent', '--acp'] } },
  })
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(statSync(join(directory, 'callboard')).mode & 0o777).toBe(0o700)
  expect(readdirSync(join(directory, 'callboard'))).toEqual(['config.json'])
})

test('everything else stays as it is, the order and the indentation too', () => {
  write(
    '{\n\t"limits": {"tasksLiveMax": 3},\n\t"profiles": {"b": {"runner": "command"}},\n\t"defaultProfile": "b"\n}',
  )
  addAgentProfile(path, 'a', { command: ['a'] })
  expect(readFileSync(path, 'utf8')).toBe(
    `${JSON.stringify(
      {
        limits: { tasksLiveMax: 3 },
        profiles: { b: { runner: 'command' }, a: { runner: 'acp', command: ['a'] } },
        defaultProfile: 'b',
      },
      null,
      '\t',
    )}\n`,
  )
})

test('an agent of the same name keeps what is not said anew', () => {
  write({ profiles: { a: { runner: 'acp', command: ['old'], env: { KEY: 'k' }, model: 'm' } } })
  expect(addAgentProfile(path, 'a', { command: ['new'], model: 'n' }, true)).toEqual({ replaced: true })
  expect(loadProfiles(path)).toEqual({
    ok: true,
    profiles: [{ name: 'a', runner: 'acp', command: ['new'], env: { KEY: 'k' }, model: 'n' }],
    defaultProfile: 'a',
  })
})

test.each([
  ['cmd', { command: ['x'] }, 'is not an agent'],
  ['no name', { command: ['x'] }, 'a profile is named by letters'],
  ['-', { command: ['x'] }, 'a profile is named by letters'],
  ['__proto__', { command: ['x'] }, 'a profile is named by letters'],
  ['a', { command: [] }, 'profiles.a.command'],
  ['a', { command: ['x'], cwd: 'relative' }, 'must be an absolute path'],
])('%s with %j is refused and nothing is written', (name, profile, why) => {
  write({ profiles: { cmd: { runner: 'command' } } })
  const before = readFileSync(path, 'utf8')
  expect(() => addAgentProfile(path, name, profile)).toThrow(why)
  expect(readFileSync(path, 'utf8')).toBe(before)
  expect(readdirSync(join(directory, 'callboard'))).toEqual(['config.json'])
})

test('a file with a mistake, or that others may write, is left as it is', () => {
  write('{"profiles": ')
  expect(() => addAgentProfile(path, 'a', { command: ['x'] })).toThrow('is not JSON')
  writeFileSync(path, '{}')
  chmodSync(path, 0o622)
  expect(() => addAgentProfile(path, 'a', { command: ['x'] })).toThrow('may be written by others')
  expect(readFileSync(path, 'utf8')).toBe('{}')
})

test('a link stays one: what it leads to is replaced', () => {
  const real = join(directory, 'real.json')
  writeFileSync(real, '{}', { mode: 0o600 })
  mkdirSync(join(directory, 'callboard'), { mode: 0o700 })
  symlinkSync(real, path)
  addAgentProfile(path, 'a', { command: ['x'] })
  expect(lstatSync(path).isSymbolicLink()).toBe(true)
  expect(JSON.parse(readFileSync(real, 'utf8'))).toMatchObject({ profiles: { a: { runner: 'acp' } } })
})
