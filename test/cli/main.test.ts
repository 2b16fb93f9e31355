import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { program } from '../../src/cli/main.ts'
import { CliWorld, collected } from './cli-process.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

const bin = join(import.meta.dirname, '../../src/cli/callboard.js')

describe('the command line', () => {
  test.each([
    ['an unknown command', ['psx'], /unknown command 'psx'.*Did you mean ps\?/],
    ['an unknown option', ['ps', '--al'], /unknown option '--al'.*Did you mean --all\?/],
    ['a missing argument', ['run'], /missing required argument 'command'/],
    ['too many arguments', ['status', 'now'], /too many arguments/],
    ['a time that is none', ['stop', '--deadline', 'soon'], /'soon' is invalid.*500ms, 10s or 2m/],
  ])('%s is one sentence and 2', async (_name, args, sentence) => {
    const finished = await world.run(args)
    expect(finished).toMatchObject({ code: 2, out: '' })
    expect(finished.err).toMatch(sentence)
    expect(finished.err).toMatch(/^callboard: [^\n]+\n$/)
  })

  test('without a command it prints its help on stderr, and 2', async () => {
    const finished = await world.run([])
    expect(finished).toMatchObject({ code: 2, out: '' })
    expect(finished.err).toContain('Usage: callboard')
  })

  test('help teaches: examples, exit codes and variables', async () => {
    const finished = await world.run(['--help'])
    expect(finished).toMatchObject({ code: 0, err: '' })
    for (const part of ['Examples:', 'Exit codes:', '69 ', '75 ', '78 ', 'CALLBOARD_SOCKET', 'NO_COLOR']) {
      expect(finished.out).toContain(part)
    }
  })

  test('every help fits a terminal of 80 columns', async () => {
    const root = await program([])
    expect(root.commands.map((command) => command.name())).toContain('serve')
    for (const command of [root, ...root.commands, ...root.commands.flatMap(({ commands }) => commands)]) {
      let out = ''
      command.configureOutput({ writeOut: (text) => void (out += text), getOutHelpWidth: () => 80 })
      command.outputHelp()
      expect(out).toContain('Usage: callboard')
      expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
    }
  })

  test('a command line that was not understood is sent to the help of its own command', async () => {
    expect((await world.run(['show'])).err).toContain('See `callboard show --help`.')
    expect((await world.run(['psx'])).err).toContain('See `callboard --help`.')
  })

  test('--version prints the version alone', async () => {
    expect(await world.run(['--version'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  })

  test('what nobody expected is one sentence; its stack comes with CALLBOARD_DEBUG=1', async () => {
    const env = { CALLBOARD_HOME: 'relative' }
    const quiet = await world.run(['ps'], { env })
    expect(quiet.code).toBe(78)
    expect(quiet.err).toMatch(/^callboard: [^\n]+\n$/)
    const loud = await world.run(['ps'], { env: { ...env, CALLBOARD_DEBUG: '1' } })
    expect(loud.err).toMatch(/\n +at /)
  })

  test.skipIf(existsSync(join(import.meta.dirname, '../../dist')))(
    'the program without its build says how to make it',
    async () => {
      const finished = await collected(spawn(process.execPath, [bin, 'ps'], { stdio: 'pipe' })).finished
      expect(finished.code).toBe(1)
      expect(finished.err).toMatch(/^callboard: is not built yet: run `npm run build`[^\n]+\n$/)
    },
  )

  test('an old Node is told which one is needed, and nothing else is loaded', async () => {
    const old = `Object.defineProperty(process.versions, 'node', { value: '12.22.0' }); import(${JSON.stringify(bin)})`
    const finished = await collected(spawn(process.execPath, ['-e', old], { stdio: 'pipe' })).finished
    expect(finished.code).toBe(1)
    expect(finished.err).toMatch(/^callboard: needs Node 24\.15 or newer[^\n]+\n$/)
  })
})
