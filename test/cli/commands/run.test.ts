import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { program } from '../../program.ts'
import { CliWorld, collected } from '../cli-process.ts'
import type { Started } from '../cli-process.ts'

const world = new CliWorld()
afterAll(() => world.dispose())

interface ShownTask {
  readonly id: string
  readonly state: string
  readonly text: string
}

async function tasks(): Promise<readonly ShownTask[]> {
  const listed = await world.json(['ps', '--all'])
  if (!Array.isArray(listed)) throw new Error('ps printed no list.')
  return listed
}

/** The one task that carries `mark` in its command. */
async function taskOf(mark: string): Promise<ShownTask> {
  const found = (await tasks()).find((task) => task.text.includes(mark))
  if (found === undefined) throw new Error(`No task says ${mark}.`)
  return found
}

/** Watched until it settles: asked again and again, each time by a process, it would wait for a busy machine. */
async function settledAs(mark: string, state: string): Promise<void> {
  await world.run(['watch', (await taskOf(mark)).id])
  expect((await taskOf(mark)).state).toBe(state)
}

async function hasPrinted(started: Started, text: string): Promise<void> {
  await vi.waitFor(() => expect(started.out()).toContain(text))
}

describe('run', () => {
  test('starts a daemon, and keeps output, streams and exit code as they are', async () => {
    const finished = await world.run(['run', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'])
    expect(finished).toMatchObject({ code: 3, out: 'out\n', err: 'err\n' })
    expect(world.daemons()).toHaveLength(1)
  })

  test('a command that succeeds gives 0 and says nothing more', async () => {
    expect(await world.run(['run', '--', 'printf', 'no line end'])).toMatchObject({
      code: 0,
      out: 'no line end',
      err: '',
    })
  })

  test('bytes that are no text come out as they went in, on both streams', async () => {
    const script = `
      const bytes = require('node:crypto').createHash('shake256', { outputLength: 100000 }).update('seed').digest()
      process.stdout.write(bytes)
      process.stderr.write(bytes.toReversed())`
    const finished = await world.run(['run', '--', process.execPath, '-e', script])
    const bytes = createHash('shake256', { outputLength: 100_000 }).update('seed').digest()
    expect(finished.stdout.equals(bytes)).toBe(true)
    expect(finished.stderr.equals(bytes.toReversed())).toBe(true)
  })

  test('a character that is written in two pieces is whole', async () => {
    const finished = await world.run([
      'run',
      '--',
      'sh',
      '-c',
      `printf '\\303'; sleep 0.1; printf '\\244\\377'`,
    ])
    expect(finished.stdout).toEqual(Buffer.from([0xc3, 0xa4, 0xff]))
  })

  test('a command that a signal ended gives 128 and the signal', async () => {
    expect((await world.run(['run', '--', 'sh', '-c', 'kill -KILL $$'])).code).toBe(137)
    expect((await world.run(['run', '--', 'sh', '-c', 'kill -TERM $$'])).code).toBe(143)
  })

  test('a program that does not exist is one sentence and 1', async () => {
    const finished = await world.run(['run', '--', 'no-such-program'])
    expect(finished).toMatchObject({ code: 1, out: '' })
    expect(finished.err).toBe('callboard: Could not start "no-such-program": no such program on PATH.\n')
  })

  test("the command has the caller's directory and environment, and its input is closed", async () => {
    const options = { cwd: '/', env: { GREETING: 'hello' }, input: 'unread' }
    const finished = await world.run(['run', '--', 'sh', '-c', 'pwd; echo $GREETING; wc -c'], options)
    expect(finished.out.split(/\s+/)).toEqual(['/', 'hello', '0', ''])
  })

  test('options after the program are its own', async () => {
    expect((await world.run(['run', 'echo', '--json', '-n', '--help'])).out).toBe('--json -n --help\n')
  })

  test('--json gives the events, one a line', async () => {
    const finished = await world.run(['run', '--json', '--', 'sh', '-c', 'echo x; exit 4'])
    expect(finished.code).toBe(4)
    const events = finished.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const names = events.map((event) => event.data.eventName)
    expect(names[0]).toBe('taskCreated')
    expect(names).toContain('taskExited')
    expect(names.at(-1)).toBe('taskAborted')
  })

  test('--stdin sends the lines of its input', async () => {
    const script = 'read a; read b; echo "$b, $a"'
    const finished = await world.run(['run', '--stdin', '--', 'sh', '-c', script], { input: 'one\ntwö' })
    expect(finished).toMatchObject({ code: 0, out: 'twö, one\n', err: '' })
  })

  test('an input that stays open holds nothing up', async () => {
    const finished = await world.run(['run', '--stdin', '--', 'sh', '-c', 'read a; echo $a'], {
      input: { open: 'x\n' },
    })
    expect(finished).toMatchObject({ code: 0, out: 'x\n', err: '' })
  })

  test('a reader that goes away ends the task quietly, as SIGPIPE would', async () => {
    const shell = spawn(
      'sh',
      [
        '-c',
        `("$0" "$1" run -- sh -c 'while :; do echo mark-pipe; done'; echo "code $?" >&2) | head -n 1`,
        process.execPath,
        program,
      ],
      { cwd: world.directory, env: world.env, stdio: 'pipe' },
    )
    const finished = await collected(shell).finished
    expect(finished).toMatchObject({ out: 'mark-pipe\n', err: 'code 141\n' })
    await settledAs('mark-pipe', 'aborted')
  })

  test('an output that cannot be written is said, and cancels the task', async () => {
    const script = '"$0" "$1" run -- sh -c "while :; do echo mark-full; sleep 0.1; done" > /dev/full'
    const shell = spawn('sh', ['-c', script, process.execPath, program], {
      cwd: world.directory,
      env: world.env,
      stdio: 'pipe',
    })
    const finished = await collected(shell).finished
    expect(finished.code).toBe(1)
    expect(finished.err).toMatch(/^callboard: the output cannot be written: ENOSPC.*\.\n$/)
    await settledAs('mark-full', 'aborted')
  })

  test('Ctrl-C cancels the task, waits for its end and exits as it did', async () => {
    const script = 'trap "echo bye; exit 9" TERM; echo ready; sleep 60 & wait'
    const started = world.start(['run', '--', 'sh', '-c', script])
    await hasPrinted(started, 'ready')
    started.child.kill('SIGINT')
    expect(await started.finished).toMatchObject({ code: 9, out: 'ready\nbye\n', err: '' })
  })

  test('SIGTERM cancels the task too', async () => {
    const started = world.start(['run', '--', 'sh', '-c', 'echo ready; exec sleep 60'])
    await hasPrinted(started, 'ready')
    started.child.kill('SIGTERM')
    expect(await started.finished).toMatchObject({ code: 143, err: '' })
  })

  test('a second Ctrl-C leaves at once; an echo of the first is none', async () => {
    const script = 'trap "echo no" TERM; echo ready; : mark-stubborn; while :; do sleep 0.1; done'
    const started = world.start(['run', '--', 'sh', '-c', script])
    await hasPrinted(started, 'ready')
    started.child.kill('SIGINT')
    started.child.kill('SIGINT')
    await hasPrinted(started, 'no')
    const again = setInterval(() => started.child.kill('SIGINT'), 100)
    const finished = await started.finished
    clearInterval(again)
    expect(finished.code).toBe(130)
    await settledAs('mark-stubborn', 'aborted')
  })

  test('what Ctrl-C waits for is said when it takes a while', async () => {
    const script = 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
    const started = world.start(['run', '--', 'sh', '-c', script])
    await hasPrinted(started, 'ready')
    started.child.kill('SIGINT')
    const finished = await started.finished
    expect(finished.code).toBe(137)
    expect(finished.err).toMatch(
      /^callboard: waiting for the task [\da-f]{8} to end: it gets TERM, and KILL where .*\. Ctrl-C again leaves at once\.\n$/,
    )
  })

  test('a task that somebody else cancels ends the run', async () => {
    const started = world.start(['run', '--', 'sh', '-c', 'echo ready; : mark-cancelled; exec sleep 60'])
    await hasPrinted(started, 'ready')
    await world.run(['cancel', (await taskOf('mark-cancelled')).id])
    expect((await started.finished).code).toBe(143)
  })

  test('a daemon that is killed and comes back says how the task ended, and how it is run again', async () => {
    const other = new CliWorld()
    try {
      const started = other.start(['run', '--', 'sh', '-c', 'echo ready; exec sleep 5'])
      await hasPrinted(started, 'ready')
      for (const pid of other.daemons()) process.kill(pid, 'SIGKILL')
      expect((await other.run(['start', '--', 'true'])).code).toBe(0)
      const finished = await started.finished
      expect([finished.code, finished.out]).toEqual([1, 'ready\n'])
      expect(finished.err).toMatch(
        /^callboard: The daemon was stopped while .*\.\ncallboard: `callboard resume \S+` runs it again\.\n$/,
      )
    } finally {
      await other.dispose()
    }
  })
})
