import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { autostart, daemonEnvironment } from '../../src/daemon/autostart.ts'
import { limits } from '../../src/limits.ts'
import { isAlive } from '../../src/cli/daemon-process.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'

// Made here and not in a test: afterAll is only heard while the file is collected.
const scratch = scratchDirectory()

/** A stand-in for the daemon's script: what it does is up to each test. */
function standIn(source: string): { entry: string; home: string; socketPath: string } {
  const directory = mkdtempSync(join(scratch, 'd-'))
  const entry = join(directory, 'stand-in.mjs')
  writeFileSync(entry, source)
  return { entry, home: join(directory, 'home'), socketPath: join(directory, 's.sock') }
}

const listening = `
  import { createServer } from 'node:net'
  const [, , , , log, , path] = process.argv
  createServer((socket) => socket.end(JSON.stringify({ pid: process.pid, cwd: process.cwd(), log, env: process.env })))
    .listen(path)
  setTimeout(() => process.exit(), 10_000)`

interface Answer {
  readonly pid: number
  readonly cwd: string
  readonly log: string
  readonly env: Readonly<Record<string, string>>
}

function probe(path: string): () => Promise<Answer | undefined> {
  return () =>
    new Promise((resolve) => {
      let text = ''
      const socket = connect(path)
      socket.on('data', (chunk) => (text += String(chunk)))
      socket.on('error', () => resolve(undefined))
      socket.on('end', () => resolve(JSON.parse(text)))
    })
}

describe('autostart', () => {
  test('starts the daemon detached, in /, with the environment of a daemon, and waits until it answers', async () => {
    const { entry, home, socketPath } = standIn(listening)
    const env = {
      PATH: '/bin',
      CALLBOARD_TASK: 't',
      NODE_OPTIONS: '--no-warnings',
      ROO_CODE_IPC_SOCKET_PATH: '/x',
    }
    const started = await autostart({ entry, home, socketPath, env, probe: probe(socketPath) })
    if (!started.ok) throw new Error(started.message)
    const { pid, cwd, log, env: seen } = started.value
    try {
      expect(cwd).toBe('/')
      expect(log).toBe(join(home, 'daemon.log'))
      expect(seen).toEqual({ PATH: '/bin' })
      expect(sessionOf(pid)).toBe(pid)
      expect(statSync(home).mode & 0o777).toBe(0o700)
      expect(statSync(join(home, 'daemon.log')).mode & 0o777).toBe(0o600)
    } finally {
      process.kill(pid, 'SIGKILL')
    }
  })

  test('a daemon that dies is noticed at once, and its last words are given', async () => {
    const { entry, home, socketPath } = standIn(`console.error('callboard: no good.'); process.exit(78)`)
    // Were its end not noticed, this test would be over long before the deadline.
    const options = { entry, home, socketPath, env: process.env, probe: probe(socketPath) }
    const started = await autostart({ ...options, deadlineMs: 3_600_000 })
    expect(started).toMatchObject({ ok: false, logTail: 'callboard: no good.' })
    expect(!started.ok && started.message).toContain('it exited with code 78')
  })

  test('earlier starts are not quoted', async () => {
    const { entry, home, socketPath } = standIn(`console.error(String(process.pid)); process.exit(1)`)
    const options = { entry, home, socketPath, env: process.env, probe: probe(socketPath) }
    const first = await autostart(options)
    const second = await autostart(options)
    if (first.ok || second.ok) throw new Error('A dead daemon answered.')
    expect(second.logTail).not.toContain(first.logTail)
    expect(readFileSync(join(home, 'daemon.log'), 'utf8')).toBe(`${first.logTail}\n${second.logTail}\n`)
  })

  test('to lose against another daemon is to wait for it', async () => {
    const { entry, home, socketPath } = standIn('process.exit(75)')
    let asked = 0
    const late = async () => {
      asked += 1
      return asked > 5 ? 'the winner' : undefined
    }
    const started = await autostart({ entry, home, socketPath, env: process.env, probe: late })
    expect(started).toEqual({ ok: true, value: 'the winner' })
  })

  test('who lost against a daemon that was stopping starts again', async () => {
    const { entry, home, socketPath } = standIn(`
      import { existsSync, writeFileSync } from 'node:fs'
      const [, , , , log] = process.argv
      if (!existsSync(log + '.mark')) {
        writeFileSync(log + '.mark', '')
        process.exit(75)
      }
      ${listening.replace(/const \[.*\n/, 'const path = process.argv[6]\n')}`)
    const started = await autostart({ entry, home, socketPath, env: process.env, probe: probe(socketPath) })
    if (!started.ok) throw new Error(started.message)
    process.kill(started.value.pid, 'SIGKILL')
    await vi.waitFor(() => expect(isAlive(started.value.pid)).toBe(false))
  })

  // bound: autostartDeadlineMs
  test('asks once more a millisecond before its deadline, and not at it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 })
    onTestFinished(() => void vi.useRealTimers())
    for (const [spentMs, value] of [
      [limits.autostartDeadlineMs - 1, 'late'],
      [limits.autostartDeadlineMs, undefined],
    ] as const) {
      const { entry, home, socketPath } = standIn('process.exit(75)')
      let asked = 0
      const probe = async () => {
        asked += 1
        if (asked === 1) vi.setSystemTime(Date.now() + spentMs)
        return asked === 2 ? 'late' : undefined
      }
      const started = await autostart({ entry, home, socketPath, env: process.env, probe })
      expect(started.ok ? started.value : undefined).toBe(value)
      expect(asked).toBe(value === undefined ? 1 : 2)
    }
  })

  test('gives up at its deadline and names the log', async () => {
    const { entry, home, socketPath } = standIn('process.exit(75)')
    const options = { entry, home, socketPath, env: process.env, probe: probe(socketPath), deadlineMs: 300 }
    const started = await autostart(options)
    expect(started.ok).toBe(false)
    expect(!started.ok && started.message).toContain(join(home, 'daemon.log'))
  })

  test('an interrupted wait ends at once', async () => {
    const { entry, home, socketPath } = standIn('process.exit(75)')
    const options = { entry, home, socketPath, env: process.env, probe: probe(socketPath) }
    await expect(autostart({ ...options, signal: AbortSignal.timeout(50) })).rejects.toThrow(/abort/i)
  })

  test('what belongs to the caller alone is dropped from the environment', () => {
    expect(daemonEnvironment({ HOME: '/h', CALLBOARD_SOCKET: '/s', NODE_CHANNEL_FD: '3' })).toEqual({
      HOME: '/h',
    })
  })
})

/** The process group and session of a detached child are its own. */
function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
}
