import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { limits } from '../src/limits.ts'
import { createLogger } from '../src/log.ts'
import { createLogSink } from '../src/log-sink.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'callboard-log-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function collector() {
  const lines: string[] = []
  return { lines, destination: { write: (line: string) => void lines.push(line) } }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

describe('the logger', () => {
  test('writes one JSON object a line, with the actor of the child that logged it', () => {
    const { lines, destination } = collector()
    createLogger({ level: 'info', pretty: false, destination })
      .child({ actor: 'task' })
      .info({ task: 't1' }, 'started')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 30, actor: 'task', task: 't1', msg: 'started' })
  })

  test('writes nothing below its level', () => {
    const { lines, destination } = collector()
    createLogger({ level: 'warn', pretty: false, destination }).info('quiet')
    expect(lines).toEqual([])
  })

  test('writes one readable line without escape sequences where it is pretty and has no colour', () => {
    const { lines, destination } = collector()
    createLogger({ level: 'info', pretty: true, destination }).info({ task: 't1' }, 'started')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/INFO.*started.*t1/)
    expect(lines[0]).not.toContain('\u001B')
    expect(lines[0]?.trimEnd()).not.toContain('\n')
  })

  test.each([
    ['at the top', { configuration: { apiKey: 'sk-secret' } }],
    ['in a command', { command: { configuration: { apiKey: 'sk-secret' } } }],
    ['in a frame', { frame: { data: { data: { env: { KEY: 'sk-secret' }, text: 'sk-secret' } } } }],
    ['in a request', { task: { request: { text: 'sk-secret' } } }],
  ])('redacts a configuration, an environment and a text that are logged by mistake %s', (_, fields) => {
    const { lines, destination } = collector()
    createLogger({ level: 'info', pretty: false, destination }).info(fields, 'oops')
    expect(lines[0]).not.toContain('sk-secret')
    expect(lines[0]).toContain('[redacted]')
  })
})

describe('the sink', () => {
  test('has written a line when write returns', () => {
    const path = join(directory, 'log')
    const fd = openSync(path, 'a')
    createLogSink({ fd }).write('last words\n')
    expect(readFileSync(path, 'utf8')).toBe('last words\n')
    closeSync(fd)
  })

  test('holds what a full pipe does not take, and writes the rest in order when it does', async () => {
    let full = true
    let got = ''
    const writeSome = (_: number, bytes: Uint8Array) => {
      if (full) throw systemError('EAGAIN')
      const some = Buffer.from(bytes).subarray(0, 3)
      got += some.toString()
      return some.length
    }
    const sink = createLogSink({ fd: 2, retryMs: 1, writeSome })
    sink.write('first\n')
    sink.write('second\n')
    expect(got).toBe('')
    full = false
    await vi.waitFor(() => expect(got).toBe('first\nsecond\n'))
    expect(sink.dropped).toBe(0)
  })

  // bound: logHeldBytesMax
  test('holds lines up to its bound, drops what is a byte too long, and says how many when it can', async () => {
    let full = true
    let got = ''
    const writeSome = (_: number, bytes: Uint8Array) => {
      if (full) throw systemError('EAGAIN')
      got += Buffer.from(bytes).toString()
      return bytes.length
    }
    const sink = createLogSink({ fd: 2, retryMs: 1, heldBytesMax: 10, writeSome })
    for (const line of ['aaaa\n', 'bbbbb\n', 'bbbb\n']) sink.write(line)
    expect(sink.dropped).toBe(1)
    sink.write('\n')
    expect(sink.dropped).toBe(2)
    full = false
    await vi.waitFor(() => expect(got).toContain('2 log lines were dropped'))
    expect(got.startsWith('aaaa\nbbbb\n')).toBe(true)
  })

  // bound: logRetryMs
  test('tries a stderr that takes nothing again after its time, not before, until it takes all', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const { logRetryMs } = limits
    let tries = 0
    let full = true
    const writeSome = (_: number, bytes: Uint8Array) => {
      tries += 1
      if (full) throw systemError('EAGAIN')
      return bytes.length
    }
    createLogSink({ fd: 2, writeSome }).write('line\n')
    for (let time = 1; time <= 3; time++) {
      vi.advanceTimersByTime(logRetryMs - 1)
      expect(tries).toBe(time)
      vi.advanceTimersByTime(1)
      expect(tries).toBe(time + 1)
    }
    full = false
    vi.advanceTimersByTime(logRetryMs)
    expect([tries, vi.getTimerCount()]).toEqual([5, 0])
  })

  test.each(['EPIPE', 'ENOSPC', 'EBADF', 'EIO'])('does not throw when writing fails with %s', (code) => {
    const sink = createLogSink({
      fd: 2,
      retryMs: 1,
      writeSome: () => {
        throw systemError(code)
      },
    })
    expect(() => sink.write('a line\n')).not.toThrow()
  })

  test('keeps the log file under its bound: what is over moves to .1', () => {
    const file = join(directory, 'daemon.log')
    const fd = openSync(file, 'a', 0o600)
    const sink = createLogSink({ fd, file, fileBytesMax: 10 })
    for (const line of ['one two three\n', 'four\n', 'five six\n', 'seven\n']) sink.write(line)
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('four\nfive six\n')
    expect(readFileSync(file, 'utf8')).toBe('seven\n')
    expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600)
    closeSync(fd)
  })

  // bound: daemonLogBytesMax
  test('writes on in a log file below its bound; one that has reached it is moved away first', () => {
    const file = join(directory, 'daemon.log')
    for (const [bytes, isMoved] of [
      [9, false],
      [10, true],
      [11, true],
    ] as const) {
      writeFileSync(file, 'x'.repeat(bytes))
      const fd = openSync(file, 'a', 0o600)
      createLogSink({ fd, file, fileBytesMax: 10 }).write('line\n')
      closeSync(fd)
      expect(readFileSync(file, 'utf8')).toBe(isMoved ? 'line\n' : `${'x'.repeat(bytes)}line\n`)
      expect(existsSync(`${file}.1`)).toBe(isMoved)
    }
  })

  test('leaves a file alone that is not the one of its descriptor', () => {
    const file = join(directory, 'daemon.log')
    writeFileSync(file, 'of another daemon\n')
    const fd = openSync(join(directory, 'own.log'), 'a')
    createLogSink({ fd, file, fileBytesMax: 1 }).write('line\n')
    expect(readFileSync(file, 'utf8')).toBe('of another daemon\n')
    closeSync(fd)
  })
})

describe.skipIf(process.platform === 'win32')('a real process whose stderr', () => {
  const program = `
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, '../src/log.ts'))}
    const log = createLogger({ level: 'info', pretty: process.argv[1] === 'pretty' })
    for (let n = 0; n < 20_000; n++) log.info({ n }, 'x'.repeat(200))
    process.stdout.write('alive')
  `
  // A shell's pipe is a pipe; the stderr that a Node parent gives is a socket. Both must be tried.
  const kinds = [
    ['a pipe', `exec 3>&1; ("$0" --input-type=module -e "$1" 2>&1 >&3) | sleep 30 & wait`],
    ['a socket', `"$0" --input-type=module -e "$1"`],
  ] as const

  test.each(kinds)('is %s that nobody reads goes on', async (_, script) => {
    const child = spawn('sh', ['-c', script, process.execPath, program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    child.stdout.setEncoding('utf8')
    const [said] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(15_000) })
    expect(said).toBe('alive')
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    child.stderr.destroy()
  })

  test('is closed by its reader goes on', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, 'pretty'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stderr.destroy()
    child.stdout.setEncoding('utf8')
    const [said] = await once(child.stdout, 'data', { signal: AbortSignal.timeout(15_000) })
    expect(said).toBe('alive')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
  })
})
