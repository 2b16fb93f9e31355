/** What a command may be started with, and the environment that it gets. */
import { describe, expect, test } from 'vitest'
import { commandRunner } from '../../src/runners/command.ts'
import { record, taskOf } from './recorded-run.ts'
import type { CallboardConfiguration } from '../../src/wire/commands.ts'

const runner = commandRunner({
  limits: { cancelGraceMs: 500, outputCloseGraceMs: 100, messageUpdateMs: 5 },
})

describe('environment', () => {
  const base = {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    API_KEY: 'of somebody else',
    NODE_OPTIONS: '--bad',
    ROO_CODE_IPC_SOCKET_PATH: '/x',
  }
  const own = commandRunner({ environment: base })

  test("a command gets little of the daemon's environment, all of its task's, and its task's id", async () => {
    const env = { MINE: 'yes', LC_ALL: 'C.UTF-8', CALLBOARD_TASK: 'other', ROO_CODE_IPC_SOCKET_PATH: '/y' }
    const run = record(own, taskOf({ command: ['env'], env }))
    await run.ended
    const lines = run.bytes('stdout').toString().trim().split('\n').sort()
    expect(lines).toEqual(
      [
        `PATH=${base.PATH}`,
        'LC_ALL=C.UTF-8',
        'MINE=yes',
        `CALLBOARD_TASK=${run.task.id}`,
        'CALLBOARD_SOCKET=/run/callboard.sock',
        'CALLBOARD_ASK_FD=3',
      ].sort(),
    )
  })
})

describe('check', () => {
  const small = commandRunner({
    limits: { commandArgsMax: 3, commandBytesMax: 1_000, commandArgBytesMax: 200 },
    environment: {},
  })
  const refusals: [string, CallboardConfiguration, RegExp][] = [
    ['no command', {}, /profile/],
    ['an empty command', { command: [] }, /command is missing/],
    ['an empty program', { command: [''] }, /command\.0/],
    ['too many arguments', { command: ['a', 'b', 'c', 'd'] }, /at most 3/],
    ['a long argument', { command: ['a', 'x'.repeat(200)] }, /command\.1 has 201 bytes/],
    ['a long variable', { command: ['a'], env: { A: 'x'.repeat(200) } }, /variable has/],
    [
      'too much altogether',
      {
        command: ['a'],
        env: Object.fromEntries(['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((k) => [k, 'x'.repeat(150)])),
      },
      /at most 1000/,
    ],
    ['a NUL in an argument', { command: ['a', 'b\0secret'] }, /command\.1/],
    ['a NUL in a variable', { command: ['a'], env: { A: 'secret\0' } }, /NUL/],
    ['an empty name', { command: ['a'], env: { '': 'secret' } }, /env/],
    ['a name with =', { command: ['a'], env: { 'A=B': 'secret' } }, /env/],
    ['a relative directory', { command: ['a'], cwd: 'here' }, /absolute/],
    ['a missing directory', { command: ['a'], cwd: '/no/such/directory' }, /not a directory/],
    ['a file as directory', { command: ['a'], cwd: process.execPath }, /not a directory/],
  ]

  test.each(refusals)('refuses %s and shows no value', (_, configuration, message) => {
    const outcome = small.check(taskOf(configuration))
    expect(outcome).toMatchObject({ ok: false, error: { code: 'invalid_command' } })
    if (outcome.ok) return
    expect(outcome.error.message).toMatch(message)
    expect(outcome.error.message).not.toContain('secret')
  })

  test('takes what can be started', () => {
    expect(small.check(taskOf({ command: ['echo', 'a'], env: { A: '' } }))).toEqual({
      ok: true,
      value: undefined,
    })
    expect(runner.resumable).toBe(true)
  })
})
