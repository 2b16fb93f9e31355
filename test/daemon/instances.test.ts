import { existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { killChild, spawnUntil } from '../transport/child-process.ts'
import { DaemonPlace, DaemonProcess, startDaemonProcess } from './daemon-process.ts'
import type { DaemonOptions } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'

/** Starts a daemon that must not start, and gives its exit code and what it said. */
async function refusedStart(options: DaemonOptions): Promise<{ code: unknown; sentences: string[] }> {
  await using daemon = new DaemonProcess(options)
  const code = await daemon.exited
  return { code, sentences: daemon.log.trim().split('\n') }
}

async function expectServing(path: string): Promise<void> {
  await using link = await RawLink.open(path)
  expect((await link.request('GetStatus')).result).toMatchObject({ state: 'serving' })
}

describe('a second daemon', () => {
  test('of the same home ends with 75 and one sentence, whatever its socket', async () => {
    await using first = await startDaemonProcess()
    const socket = join(first.place.dir, 'another.sock')
    const { code, sentences } = await refusedStart({ place: first.place, args: ['--socket', socket] })
    expect(code).toBe(75)
    expect(sentences).toHaveLength(1)
    expect(sentences[0]).toContain('another daemon')
    expect(existsSync(socket)).toBe(false)
    await expectServing(first.socketPath)
  })

  test('of the same socket ends with 75 and one sentence, whatever its home', async () => {
    await using first = await startDaemonProcess()
    const { code, sentences } = await refusedStart({ args: ['--socket', first.socketPath] })
    expect(code).toBe(75)
    expect(sentences).toHaveLength(1)
    expect(sentences[0]).toContain(first.socketPath)
    await expectServing(first.socketPath)
  })

  test('of the same socket by another name of its directory ends with 75 too', async () => {
    await using first = await startDaemonProcess()
    const alias = join(first.place.dir, 'alias')
    symlinkSync(dirname(first.socketPath), alias)
    const { code } = await refusedStart({ args: ['--socket', join(alias, 'callboard.sock')] })
    expect(code).toBe(75)
    await expectServing(first.socketPath)
  })

  test('that wants only one more of its sockets ends with 75 and keeps nothing', async () => {
    await using first = await startDaemonProcess()
    using second = new DaemonPlace()
    const options = { place: second, args: ['--listen', `node-ipc+roo:${first.socketPath}`] }
    expect((await refusedStart(options)).code).toBe(75)
    await using alone = await startDaemonProcess({ place: second })
    await expectServing(alone.socketPath)
    await expectServing(first.socketPath)
  })

  test('that starts at the same moment ends with 75: one of them serves', async () => {
    using place = new DaemonPlace()
    await using one = new DaemonProcess({ place })
    await using other = new DaemonProcess({ place })
    const loser = await Promise.race(
      [one, other].map(async (daemon) => [daemon, await daemon.exited] as const),
    )
    expect(loser[1]).toBe(75)
    await (loser[0] === one ? other : one).serving()
    await expectServing(place.socketPath)
  })

  test('serves beside the first where neither home nor socket is the same', async () => {
    await using first = await startDaemonProcess()
    await using second = await startDaemonProcess()
    await expectServing(first.socketPath)
    await expectServing(second.socketPath)
  })
})

describe('after a daemon was killed', () => {
  test('the next one takes over its home and its socket file at once', async () => {
    using place = new DaemonPlace()
    const first = await startDaemonProcess({ place })
    const { ino } = lstatSync(place.socketPath)
    await first.kill('SIGKILL')
    expect(lstatSync(place.socketPath).ino).toBe(ino)
    await using _second = await startDaemonProcess({ place })
    await expectServing(place.socketPath)
  })

  test("a dead program's socket is taken over, also where no daemon made it", async () => {
    using place = new DaemonPlace()
    const path = join(place.dir, 'left.sock')
    const script = `
      import { once } from 'node:events'
import { connect, createServer } from 'node:net'
      createServer().listen(process.argv[1], () => console.log('listening'))`
    await killChild(await spawnUntil(script, [path], 'listening'))
    expect(lstatSync(path).isSocket()).toBe(true)
    await using _daemon = await startDaemonProcess({ place, args: ['--socket', path] })
    await expectServing(path)
  })
})

describe("what is somebody else's", () => {
  test('a live socket of another program is never taken: 75, and it still answers', async () => {
    using place = new DaemonPlace()
    const path = join(place.dir, 'theirs.sock')
    const server = createServer((socket) => socket.on('error', () => {}).end('theirs'))
    await new Promise<void>((settle) => void server.listen(path, settle))
    const { ino } = lstatSync(path)
    const { code, sentences } = await refusedStart({ place, args: ['--socket', path] })
    expect(code).toBe(75)
    expect(sentences).toHaveLength(1)
    expect(sentences[0]).toContain('already served by another program')
    expect(lstatSync(path).ino).toBe(ino)
    expect(String(await once(connect(path), 'data'))).toBe('theirs')
    await new Promise((settle) => void server.close(settle))
  })

  test.each([
    ['a file', (path: string) => writeFileSync(path, 'precious', { mode: 0o644 })],
    ['a directory', (path: string) => mkdirSync(path)],
    ['a link that leads nowhere', (path: string) => symlinkSync('/nowhere', path)],
  ])('%s at the socket path is left as it is: 78', async (_what, make) => {
    using place = new DaemonPlace()
    const path = join(place.dir, 'thing')
    make(path)
    const before = lstatSync(path)
    const { code, sentences } = await refusedStart({ place, args: ['--socket', path] })
    expect(code).toBe(78)
    expect(sentences).toHaveLength(1)
    expect(sentences[0]).toContain('is not a socket')
    const { ino, mode, size, mtimeMs } = lstatSync(path)
    expect([ino, mode, size, mtimeMs]).toEqual([before.ino, before.mode, before.size, before.mtimeMs])
  })
})
