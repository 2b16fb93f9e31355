/** A command as a run: how it ends, what it prints, what it is given, and how it is ended. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { systemClock, waitFor } from '../../src/runners/clock.ts'
import { commandRunner } from '../../src/runners/command.ts'
import { record, taskOf } from './recorded-run.ts'
import type { CallboardConfiguration } from '../../src/wire/commands.ts'
import type { RecordedRun } from './recorded-run.ts'

const directory = mkdtempSync(join(tmpdir(), 'callboard-command-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const runner = commandRunner({
  limits: { cancelGraceMs: 500, outputCloseGraceMs: 100, messageUpdateMs: 5 },
})

function node(script: string, more: CallboardConfiguration = {}, text?: string): RecordedRun {
  return record(runner, taskOf({ command: [process.execPath, '-e', script], ...more }, text))
}

function sh(script: string, more: CallboardConfiguration = {}): RecordedRun {
  return record(runner, taskOf({ command: ['sh', '-c', script], ...more }))
}

async function printed(run: RecordedRun, text: string): Promise<void> {
  await vi.waitFor(() => expect(run.bytes('stdout').toString()).toContain(text))
}

describe('how a command ends', () => {
  test('exit code 0 is a success, told after started and every message', async () => {
    const run = sh('echo hello')
    expect(run.calls).toEqual([])
    expect(await run.ended).toEqual({
      ok: true,
      text: 'Command completed with exit code 0.',
      exit: { code: 0 },
    })
    expect(run.calls[0]).toBe('started')
    expect(run.calls.at(-1)).toBe('ended')
    expect(run.calls.filter((call) => call !== 'messages')).toEqual(['started', 'ended'])
    expect(run.bytes('stdout').toString()).toBe('hello\n')
    expect(run.messages().every((message) => message.partial === false)).toBe(true)
  })

  test('another exit code is a failure', async () => {
    expect(await sh('exit 7').ended).toEqual({
      ok: false,
      text: 'Command failed with exit code 7.',
      exit: { code: 7 },
    })
  })

  test('a signal of its own is told by its name', async () => {
    expect(await sh('kill -INT $$').ended).toEqual({
      ok: false,
      text: 'Command was ended by SIGINT.',
      exit: { signal: 'SIGINT' },
    })
  })

  test('a program that is not there ends the run in a later turn, without started and without its arguments', async () => {
    const run = record(runner, taskOf({ command: ['no-such-program-at-all', 'secret'] }))
    expect(run.calls).toEqual([])
    expect(run.run.send('x', []).ok).toBe(false)
    run.run.cancel()
    run.run.kill()
    expect(await run.ended).toEqual({
      ok: false,
      text: 'Could not start "no-such-program-at-all": no such program on PATH.',
    })
    expect(run.calls).toEqual(['ended'])
  })

  test('a file that is no program, a path through a file and a vanished directory are told apart', async () => {
    const file = join(directory, 'plain')
    writeFileSync(file, 'text')
    chmodSync(file, 0o644)
    const texts = [taskOf({ command: [file] }), taskOf({ command: [`${file}/x`] })].map(
      async (task) => await record(runner, task).ended,
    )
    const [denied, through] = await Promise.all(texts)
    expect(denied?.text).toContain('not a program that this user may run')
    expect(through?.text).toContain('not a directory')
    const gone = await record(runner, taskOf({ command: ['true'], cwd: join(directory, 'gone') })).ended
    expect(gone.text).toContain('there is no directory')
  })
})

describe('output', () => {
  test('stdout and stderr are told apart and ordered as they were read', async () => {
    const script = 'for i in 1 2 3; do echo out$i; read go; echo err$i >&2; read go; done'
    const run = sh(script, { stdin: 'open' })
    for (let pieces = 1; pieces <= 6; pieces++) {
      await vi.waitFor(() => expect(run.messages()).toHaveLength(pieces), { interval: 1 })
      run.run.send('go', [])
    }
    await run.ended
    expect(run.messages().map(({ stream, text }) => [stream, text])).toEqual([
      ['stdout', 'out1\n'],
      ['stderr', 'err1\n'],
      ['stdout', 'out2\n'],
      ['stderr', 'err2\n'],
      ['stdout', 'out3\n'],
      ['stderr', 'err3\n'],
    ])
  })

  test('binary output is restored byte by byte', async () => {
    const run = node(
      'process.stdout.write(Buffer.from(Array.from({ length: 70000 }, (_, i) => (i * 7) % 256)))',
    )
    await run.ended
    expect(
      run.bytes('stdout').equals(Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256))),
    ).toBe(true)
  })

  test('a flood of 20 MB comes whole, and while paused nothing comes and little is held', async () => {
    const size = 20_000_000
    const run = sh(`head -c ${size} /dev/zero | tr '\\0' x`)
    await vi.waitFor(() => expect(run.batches.length).toBeGreaterThan(0), { interval: 1 })
    run.run.pause()
    const seen = run.batches.length
    const before = process.memoryUsage().rss
    await waitFor(systemClock, 300)
    // One update of the open message may have been waiting for its time.
    expect(run.batches.length).toBeLessThanOrEqual(seen + 1)
    expect(process.memoryUsage().rss - before).toBeLessThan(10_000_000)
    expect(run.calls).not.toContain('ended')
    run.run.resume()
    expect((await run.ended).ok).toBe(true)
    expect(run.bytes('stdout').length).toBe(size)
    expect(run.messages().every((message) => (message.text?.length ?? 0) <= limits.outputMessageBytes)).toBe(
      true,
    )
  })

  test('a run that is paused when its command exits keeps the output and the end until it is resumed', async () => {
    const run = sh('echo first; read line; head -c 30000 /dev/zero; exit 3', { stdin: 'open' })
    await printed(run, 'first')
    run.run.pause()
    const exit = vi.fn<() => void>()
    run.run.send('go', [])
    void run.ended.then(exit)
    // The command is gone when nobody reads its input any more; twice the grace then goes by.
    await vi.waitFor(() => expect(run.run.send('', [])).toMatchObject({ ok: false }))
    await waitFor(systemClock, 300)
    expect(exit).not.toHaveBeenCalled()
    run.run.resume()
    expect(await run.ended).toMatchObject({ exit: { code: 3 } })
    expect(run.bytes('stdout').length).toBe(30_006)
  })
})

describe('input', () => {
  test('closed input is at its end at once, and a message is refused with what to do', async () => {
    const run = sh('cat; echo done')
    expect(run.run.send('x', [])).toMatchObject({ ok: false, error: { code: 'unsupported' } })
    expect((await run.ended).ok).toBe(true)
    expect(run.bytes('stdout').toString()).toBe('done\n')
  })

  test('text input is the text of the task, then its end', async () => {
    const text = 'prompt '.repeat(50_000)
    const run = record(runner, taskOf({ command: ['cat'], stdin: 'text' }, text))
    await run.ended
    expect(run.bytes('stdout').toString()).toBe(text)
  })

  test('open input takes messages as lines', async () => {
    const run = sh('read a; echo "got $a"; read b; echo "then $b"', { stdin: 'open' })
    expect(run.run.send('one', [])).toEqual({ ok: true, value: undefined })
    await printed(run, 'got one')
    expect(run.run.send('image', ['data:'])).toMatchObject({ ok: false, error: { code: 'unsupported' } })
    run.run.send('two', [])
    expect((await run.ended).ok).toBe(true)
    expect(run.bytes('stdout').toString()).toBe('got one\nthen two\n')
    expect(run.run.send('three', [])).toMatchObject({ ok: false, error: { code: 'unsupported' } })
  })

  test('what waits for a command that does not read is bounded', async () => {
    const small = commandRunner({ limits: { stdinBytesMax: 100_000, cancelGraceMs: 500 } })
    const run = record(small, taskOf({ command: ['sleep', '60'], stdin: 'open' }))
    const answers = Array.from({ length: 200 }, () => run.run.send('x'.repeat(50_000), []))
    expect(answers[0]?.ok).toBe(true)
    expect(answers.at(-1)).toMatchObject({ ok: false, error: { code: 'limit_exceeded' } })
    run.run.kill()
    expect(await run.ended).toMatchObject({ exit: { signal: 'SIGKILL' } })
  })

  test('a command that closes its input is no fault, and later messages are refused', async () => {
    const run = sh('exec <&-; echo closed; sleep 60', { stdin: 'open' })
    await printed(run, 'closed')
    await vi.waitFor(() => expect(run.run.send('x', [])).toMatchObject({ error: { code: 'unsupported' } }))
    run.run.cancel()
    await run.ended
  })
})

describe('cancel and kill', () => {
  test('cancel asks with TERM, and a command may end in its own way', async () => {
    const run = sh('trap "echo bye; exit 4" TERM; echo ready; while :; do sleep 0.05; done')
    await printed(run, 'ready')
    run.run.cancel()
    run.run.cancel()
    expect(await run.ended).toMatchObject({ ok: false, exit: { code: 4 } })
    expect(run.bytes('stdout').toString()).toBe('ready\nbye\n')
  })

  test('who ignores TERM is killed after the grace', async () => {
    const run = sh('trap "" TERM; echo ready; while :; do sleep 0.05; done')
    await printed(run, 'ready')
    const begun = performance.now()
    run.run.cancel()
    expect(await run.ended).toEqual({
      ok: false,
      text: 'Command was ended by SIGKILL.',
      exit: { signal: 'SIGKILL' },
    })
    expect(performance.now() - begun).toBeGreaterThan(490)
  })

  test('kill during a cancel does not wait for the grace', async () => {
    const slow = commandRunner({ limits: { cancelGraceMs: 60_000 } })
    const run = record(
      slow,
      taskOf({ command: ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'] }),
    )
    await printed(run, 'ready')
    run.run.cancel()
    run.run.kill()
    expect(await run.ended).toMatchObject({ exit: { signal: 'SIGKILL' } })
    run.run.kill()
    expect(run.calls.filter((call) => call === 'ended')).toHaveLength(1)
  })

  test('a cancel in the turn of the start ends what was started', async () => {
    const run = record(runner, taskOf({ command: ['sleep', '60'] }))
    run.run.cancel()
    expect(await run.ended).toMatchObject({ exit: { signal: 'SIGTERM' } })
    expect(run.calls).toEqual(['started', 'ended'])
  })

  test('a stopped command gets its TERM too', async () => {
    const run = sh('trap "exit 5" TERM; echo ready; kill -STOP $$; sleep 60')
    await printed(run, 'ready')
    run.run.cancel()
    expect(await run.ended).toMatchObject({ exit: { code: 5 } })
  })
})
