import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { program } from '../../program.ts'
import { CliWorld, collected } from '../cli-process.ts'
import type { Started } from '../cli-process.ts'
import { approval, ScriptedDaemon } from '../scripted-daemon.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

const task = '018f0000-0000-7000-8000-00000000aaaa'
const asked = approval('018f0000-0000-7000-8000-00000000bbbb', task)
const usage = { totalTokensIn: 0, totalTokensOut: 0, totalCost: 0, contextTokens: 0 }

/** A daemon whose task asks once it is followed, and has completed once it is answered. */
function asking(name: string): { daemon: ScriptedDaemon; path: string } {
  const path = join(world.directory, `${name}.sock`)
  const daemon = new ScriptedDaemon(path, {
    StartNewTask: () => ({ result: { taskId: task } }),
    Subscribe: (own) => {
      setTimeout(() => ask(own), 50)
      return { result: { after: 0, head: 0 } }
    },
    RespondToAsk: (own) => {
      setTimeout(() => end(own), 50)
      return { result: {} }
    },
    ClaimTask: () => ({ result: { holder: { clientId: 'c' } } }),
  })
  return { daemon, path }
}

/** Its output comes after the question, so that who has seen it was told of that. */
function ask(daemon: ScriptedDaemon): void {
  const message = { ts: 1, type: 'say', say: 'command_output', text: 'hello\n', stream: 'stdout' } as const
  daemon.announce(task, { eventName: 'askOpened', payload: [task, asked] })
  daemon.announce(task, { eventName: 'message', payload: [{ taskId: task, action: 'created', message }] })
}

function end(daemon: ScriptedDaemon): void {
  daemon.announce(task, { eventName: 'taskExited', payload: [task, { code: 0 }] })
  daemon.announce(task, { eventName: 'taskCompleted', payload: [task, usage, {}, { isSubtask: false }] })
}

/** `callboard run` on a terminal of its own; `redirection` is the shell's. */
function runOnTerminal(path: string, options: string, redirection = ''): Started {
  const line = `'${process.execPath}' '${program}' run --socket '${path}' ${options} -- true ${redirection}`
  const script = ['-qfec', line, '/dev/null']
  const started = collected(
    spawn('script', script, { cwd: world.directory, env: { ...world.env, TERM: 'dumb' }, stdio: 'pipe' }),
  )
  return started
}

const responses = (daemon: ScriptedDaemon) =>
  daemon.commands.filter((one) => one.commandName === 'RespondToAsk').map((one) => one.data)

describe.skipIf(process.platform !== 'linux' || !existsSync('/usr/bin/script'))('at a terminal', () => {
  test.each([
    ['its standard input', ''],
    ['the terminal that controls it, where its input is another', '< /dev/null'],
  ])('run asks what the task asks, and reads the answer from %s', async (_, redirection) => {
    const { daemon, path } = asking(redirection === '' ? 'stdin' : 'tty')
    const running = runOnTerminal(path, '', redirection)
    await vi.waitFor(() => expect(running.out()).toContain('2  Do not (no)\r\n> '))
    running.child.stdin?.write('perhaps\n')
    await vi.waitFor(() => expect(running.out()).toContain('is none of its options'))
    running.child.stdin?.write('2\n')
    expect((await running.finished).code).toBe(0)
    expect(responses(daemon)).toEqual([{ askId: asked.id, option: 'no' }])
  })

  test('what was typed before the question was shown is no answer to it', async () => {
    const { daemon, path } = asking('ahead')
    const running = runOnTerminal(path, '')
    running.child.stdin?.write('yes\nyes\n')
    await vi.waitFor(() => expect(running.out()).toContain('2  Do not (no)\r\n> '))
    running.child.stdin?.write('no\n')
    expect((await running.finished).code).toBe(0)
    expect(responses(daemon)).toEqual([{ askId: asked.id, option: 'no' }])
  })

  test('Ctrl-C at the question cancels the task, as anywhere', async () => {
    const { daemon, path } = asking('interrupted')
    const running = runOnTerminal(path, '')
    await vi.waitFor(() => expect(running.out()).toContain('> '))
    running.child.stdin?.write('\u0003')
    await vi.waitFor(() => expect(daemon.commands.map((one) => one.commandName)).toContain('CancelTask'))
    end(daemon)
    await running.finished
    expect(responses(daemon)).toEqual([])
  })

  test.each(['--approve none', '--approve all', '--json', '--stdin'])(
    'run %s asks nobody',
    async (options) => {
      const { daemon, path } = asking(options.replaceAll(/\W/g, ''))
      const running = runOnTerminal(path, options)
      await vi.waitFor(() => expect(running.out()).toContain('hello'))
      end(daemon)
      await running.finished
      expect(running.out()).not.toContain('Do not (no)')
      const claims = daemon.commands.filter((one) => one.commandName === 'ClaimTask')
      expect(claims.map((one) => one.data)).toEqual(
        options === '--approve all' ? [{ taskId: task, approve: 'all' }] : [],
      )
    },
  )
})

test('without a terminal run says what is asked and asks nobody, and watch --interactive says that it needs one', async () => {
  const { daemon, path } = asking('pipe')
  const running = world.start(['run', '--socket', path, '--', 'true'])
  await vi.waitFor(() => expect(running.out()).toContain('hello'))
  end(daemon)
  const finished = await running.finished
  expect(finished).toMatchObject({ code: 0, out: 'hello\n' })
  // It would look like work otherwise.
  expect(finished.err).toMatch(
    /^callboard: the task asks: Run rm -r build\? .* `callboard answer .*` answers it\.\n$/,
  )
  const watching = await world.run(['watch', '--socket', path, '--interactive'])
  expect(watching).toMatchObject({ code: 2, out: '' })
  expect(watching.err).toMatch(/^callboard: --interactive needs a terminal: `callboard asks --follow .*\n$/)
})
