import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isAlive } from '../../../src/cli/daemon-process.ts'
import { CliWorld } from '../cli-process.ts'

let world: CliWorld
beforeEach(() => {
  world = new CliWorld()
})
afterEach(() => world.dispose())

describe('serve, stop and finding the daemon', () => {
  test('serve runs in the foreground, logs JSON to stderr and ends cleanly on SIGTERM', async () => {
    const serving = world.start(['serve'])
    await vi.waitFor(() => expect(serving.err()).toContain('"msg":"serving"'))
    expect((await world.run(['status'])).code).toBe(0)
    serving.child.kill('SIGTERM')
    expect(await serving.finished).toMatchObject({ code: 0, out: '' })
    expect(existsSync(world.socketPath)).toBe(false)
    for (const line of serving.err().trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('level')
  })

  test('a second daemon gives 75 and says what to do', async () => {
    await world.run(['start', '--', 'true'])
    const second = await world.run(['serve'])
    expect(second.code).toBe(75)
    expect(second.err).toMatch(/^callboard: .+\.\n$/)
  })

  test('a second signal ends tasks by force', async () => {
    const serving = world.start(['serve', '--drain-deadline', '1h'])
    await vi.waitFor(() => expect(existsSync(world.socketPath)).toBe(true))
    await world.run(['start', '--', 'sleep', '60'])
    serving.child.kill('SIGTERM')
    await vi.waitFor(() => expect(serving.err()).toContain('"msg":"draining"'))
    serving.child.kill('SIGTERM')
    expect((await serving.finished).code).toBe(0)
  })

  test('stop returns when process and socket are gone', async () => {
    await world.run(['run', '--', 'true'])
    const [pid = 0] = world.daemons()
    expect(await world.json(['stop'])).toEqual({ pid, stopped: true })
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(world.socketPath)).toBe(false)
  })

  test('stop --deadline cancels running tasks after that time, --force ends them at once', async () => {
    for (const options of [['--deadline', '100ms'], ['--force']]) {
      await world.run(['start', '--', 'sh', '-c', 'trap : TERM; sleep 60'])
      const { code, out, err } = await world.run(['stop', ...options])
      expect([code, out]).toEqual([0, ''])
      // Said where the machine is so busy that it takes a while.
      expect(err).toMatch(/^(?:callboard: waiting for 1 task [^\n]*\n)?$/)
      expect(world.daemons()).toEqual([])
    }
  })

  test('what stop waits for is said when it takes a while, and a deadline past every bound at once', async () => {
    await world.run(['start', '--', 'sleep', '60'])
    const stopped = await world.run(['stop', '--deadline', '1s'])
    expect(stopped).toMatchObject({ code: 0, out: '' })
    expect(stopped.err).toBe(
      'callboard: waiting for 1 task to end within 1 s; `callboard stop --force` does not wait.\n',
    )
    const tooLong = await world.run(['stop', '--deadline', '2h'])
    expect(tooLong).toMatchObject({ code: 2, out: '' })
    expect(tooLong.err).toMatch(/^callboard: .*'2h' is invalid\. Give at most 1h\. See .*\n$/)
  })

  test('twenty starters at once end on one daemon', async () => {
    const runs = Array.from({ length: 20 }, (_, index) => world.run(['run', '--', 'echo', `${index}`]))
    const finished = await Promise.all(runs)
    expect(finished.map((one) => [one.code, one.out, one.err])).toEqual(
      finished.map((_, index) => [0, `${index}\n`, '']),
    )
    await vi.waitFor(() => expect(world.daemons()).toHaveLength(1), { interval: 100 })
    const listed = await world.json(['ps', '--all'])
    expect(listed).toHaveLength(20)
  }, 30_000)

  test('a daemon that refuses its settings is said with the end of its log, and 78 as it said', async () => {
    const env = { CALLBOARD_LOG_LEVEL: 'loud' }
    const finished = await world.run(['run', '--', 'true'], { env })
    expect(finished.code).toBe(78)
    expect(finished.err).toMatch(/^callboard: the daemon could not be started: it exited with code 78 .*\n/)
    expect(finished.err).toContain('CALLBOARD_LOG_LEVEL')
  })

  test('without a daemon every command but run and start is one sentence and 69', async () => {
    const lines = ['ps', 'status', 'stop', 'watch', 'show x', 'send x y', 'cancel x', 'close x', 'resume x']
    const finished = await Promise.all(lines.map((line) => world.run(line.split(' '))))
    for (const one of finished) {
      expect(one).toMatchObject({ code: 69, out: '' })
      expect(one.err).toMatch(/^callboard: no daemon answers at .*callboard serve.*\.\n$/)
    }
    expect(world.daemons()).toEqual([])
  })

  test('what answers but is no Callboard is named, and no daemon is started over it', async () => {
    const path = join(world.directory, 'other.sock')
    const ack = { type: 'Ack', origin: 'server', data: { clientId: 'abcdefabcdef', pid: 4242, ppid: 1 } }
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write(`${JSON.stringify({ type: 'message', data: ack })}\f`)
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    try {
      const finished = await world.run(['run', '--socket', path, '--', 'true'])
      expect(finished.code).toBe(69)
      expect(finished.err).toMatch(
        /^callboard: What answers at .*other\.sock is no Callboard daemon: process 4242/,
      )
      expect(world.daemons()).toEqual([])
    } finally {
      server.close()
    }
  })

  test('socket says the path and what decided it', async () => {
    expect((await world.run(['socket'])).out).toBe(`${world.socketPath}\n`)
    expect(await world.json(['socket'])).toEqual({ path: world.socketPath, source: 'XDG_RUNTIME_DIR' })
    const options = { env: { CALLBOARD_SOCKET: '/tmp/of-env.sock' } }
    expect(await world.json(['socket'], options)).toEqual({
      path: '/tmp/of-env.sock',
      source: 'CALLBOARD_SOCKET',
    })
    expect(await world.json(['socket', '--socket', 'near.sock'], options)).toEqual({
      path: join(world.directory, 'near.sock'),
      source: '--socket',
    })
  })

  test('a path that nobody chose is the default, and one of TMPDIR is not', async () => {
    const unset = { env: { XDG_RUNTIME_DIR: '' } }
    expect(await world.json(['socket'], unset)).toMatchObject({ source: 'default' })
    const chosen = { env: { XDG_RUNTIME_DIR: '', TMPDIR: world.directory } }
    expect(await world.json(['socket'], chosen)).toMatchObject({ source: 'TMPDIR' })
    expect((await world.run(['ps'], chosen)).err).toContain('callboard.sock (from TMPDIR): ')
  })

  test('a socket path that the system cannot bind is 78', async () => {
    const finished = await world.run(['ps', '--socket', `/tmp/${'x'.repeat(200)}`])
    expect(finished.code).toBe(78)
    expect(finished.err).toMatch(/^callboard: .+--socket.+\.\n$/)
  })

  test('a home that others may write to is 78 also where a daemon is to be started', async () => {
    const shared = join(world.directory, 'shared-home')
    mkdirSync(shared)
    chmodSync(shared, 0o777)
    const options = { env: { CALLBOARD_HOME: shared, CALLBOARD_SOCKET: join(world.directory, 'none.sock') } }
    const finished = await world.run(['run', '--', 'true'], options)
    expect(finished.code).toBe(78)
    expect(finished.err).toBe(
      `callboard: The home directory ${shared} may be written by others: run chmod go-w on it.\n`,
    )
  })

  test('--socket is honoured by the daemon that is started', async () => {
    const path = join(world.directory, 'asked.sock')
    expect((await world.run(['run', '--socket', path, '--', 'sh', '-c', 'echo $CALLBOARD_SOCKET'])).out).toBe(
      `${path}\n`,
    )
  })
})
