import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { killChild, spawnUntil } from '../transport/child-process.ts'
import { DaemonPlace, DaemonProcess, startDaemonProcess } from './daemon-process.ts'
import type { DaemonOptions } from './daemon-process.ts'
import { RawLink } from './raw-link.ts'
import { eventually, startScript } from './task-events.ts'

const octal = (mode: number): string => (mode & 0o777).toString(8)
const modeOf = (path: string): string => octal(lstatSync(path).mode)

/** A daemon process that inherits a mask which takes nothing away. */
function withoutUmask(options: DaemonOptions): DaemonProcess {
  const earlier = process.umask(0)
  try {
    return new DaemonProcess(options)
  } finally {
    process.umask(earlier)
  }
}

/** Looks at directories without a pause, in a thread of its own, until `last` is there and a little longer. */
const lookout = `
  const { readdirSync, lstatSync } = require('node:fs')
  const { parentPort, workerData } = require('node:worker_threads')
  const seen = new Set()
  const attempt = (look, otherwise) => { try { return look() } catch { return otherwise } }
  const note = (name, path) => attempt(() => seen.add(name + ' ' + (lstatSync(path).mode & 0o777).toString(8)))
  let until = Date.now() + 15_000
  let isThere = false
  while (Date.now() < until) {
    for (const directory of workerData.directories) {
      const entries = attempt(() => readdirSync(directory), [])
      for (const entry of entries) note(/^\\.\\w{6}$/.test(entry) ? 'staging' : entry, directory + '/' + entry)
      if (!isThere && entries.includes(workerData.last)) {
        isThere = true
        until = Date.now() + 20
      }
    }
  }
  parentPort.postMessage([...seen])`

/** Every name with every mode that it was seen with: `a.sock 600`. */
async function modesSeen(directories: readonly string[], last: string): Promise<string[]> {
  const worker = new Worker(lookout, { eval: true, workerData: { directories, last } })
  const seen: unknown[] = await once(worker, 'message')
  return z.array(z.string()).parse(seen[0]).sort()
}

describe('permissions', () => {
  test('sockets are 0600 from their first instant, whatever the mask; directories of ours 0700', async () => {
    using place = new DaemonPlace()
    const home = join(place.dir, 'state', 'board')
    const asked = join(place.dir, 'asked')
    mkdirSync(asked)
    chmodSync(asked, 0o755)
    const directory = dirname(place.socketPath)
    const seen = modesSeen([dirname(directory), directory, asked], 'own.sock')
    const listen = (value: string): string[] => ['--listen', value]
    await using daemon = withoutUmask({
      place,
      env: { CALLBOARD_HOME: home },
      args: [
        ...listen(`node-ipc+roo-1.89:${asked}/old.sock`),
        ...listen(`node-ipc+roo:${asked}/own.sock,scope=own`),
      ],
    })
    await daemon.serving()
    // A socket is bound in a staging directory before it has its name: nobody else may enter that.
    expect((await seen).filter((one) => one !== 'staging 700')).toEqual([
      'callboard 700',
      'callboard.sock 600',
      'callboard.sock.lock 600',
      'old.sock 600',
      'old.sock.lock 600',
      'own.sock 600',
      'own.sock.lock 600',
    ])
    expect(modeOf(asked)).toBe('755')
    expect(modeOf(home)).toBe('700')
    expect(modeOf(join(home, 'daemon.lock'))).toBe('600')
  })

  test.each([
    [
      'that others may enter',
      (path: string) => (mkdirSync(path), chmodSync(path, 0o755)),
      'others can come in',
    ],
    [
      'that is a link',
      (path: string) => (mkdirSync(`${path}2`), symlinkSync(`${path}2`, path)),
      'not a real directory',
    ],
  ])('a default directory %s is refused with 78 and not changed', async (_what, make, why) => {
    using place = new DaemonPlace()
    const directory = dirname(place.socketPath)
    make(directory)
    const before = modeOf(directory)
    await using daemon = new DaemonProcess({ place })
    expect(await daemon.exited).toBe(78)
    expect(daemon.log).toContain(why)
    expect(daemon.log.trim().split('\n')).toHaveLength(1)
    expect(modeOf(directory)).toBe(before)
    expect(readdirSync(directory)).toEqual([])
  })

  test('a directory that was asked for and does not exist is not made: 78', async () => {
    using place = new DaemonPlace()
    const directory = join(place.dir, 'missing')
    await using daemon = new DaemonProcess({ place, args: ['--socket', join(directory, 'a.sock')] })
    expect(await daemon.exited).toBe(78)
    expect(daemon.log).toContain('does not exist')
    expect(existsSync(directory)).toBe(false)
  })
})

describe('a socket file under the running daemon', () => {
  test('that is removed or replaced by a dead one is bound again, with earlier links alive', async () => {
    await using daemon = await startDaemonProcess({ args: ['--listen', 'node-ipc+roo:{dir}/second.sock'] })
    const second = join(daemon.place.dir, 'second.sock')
    await using early = await RawLink.open(daemon.socketPath)
    await using earlySecond = await RawLink.open(second)

    unlinkSync(daemon.socketPath)
    await leaveDeadSocket(join(daemon.place.dir, 'dead.sock'))
    renameSync(join(daemon.place.dir, 'dead.sock'), second)
    await eventually(() => expect(daemon.log.match(/"bound again"/g)).toHaveLength(2))

    for (const path of [daemon.socketPath, second]) {
      expect(daemon.log).toContain(path)
      expect(modeOf(path)).toBe('600')
      await using late = await RawLink.open(path)
      const task = await startScript(late, 'true')
      for (const link of [early, earlySecond])
        await eventually(() => expect(link.events(task)).toContain('taskIdle'))
    }
    expect((await early.request('GetStatus')).ok).toBe(true)
    expect(daemon.log).toContain('the socket file was replaced or removed')
  })

  test("that is now somebody else's is left alone and said, once", async () => {
    const listen = (name: string) => ['--listen', `node-ipc+roo:{dir}/${name}.sock`]
    await using daemon = await startDaemonProcess({ args: [...listen('second'), ...listen('last')] })
    const second = join(daemon.place.dir, 'second.sock')
    await using early = await RawLink.open(daemon.socketPath)
    unlinkSync(daemon.socketPath)
    writeFileSync(daemon.socketPath, 'precious')
    unlinkSync(second)
    const theirs = createServer((socket) => socket.on('error', () => {}))
    await new Promise<void>((settle) => void theirs.listen(second, settle))
    const { ino } = lstatSync(second)
    const said = () => daemon.log.split('\n').filter((line) => line.includes('the socket cannot be bound'))
    await eventually(() => expect(said()).toHaveLength(2))
    expect(readFileSync(daemon.socketPath, 'utf8')).toBe('precious')
    expect(lstatSync(second).ino).toBe(ino)
    expect((await early.request('GetStatus')).ok).toBe(true)

    // A later look finds the last one gone, after it has looked at these: what was known then is not said a second time.
    const bound = () => daemon.log.match(/"bound again"/g) ?? []
    unlinkSync(join(daemon.place.dir, 'last.sock'))
    await eventually(() => expect(bound()).toHaveLength(1))
    expect(said()).toHaveLength(2)
    // Moved away, at a later look the daemon is back.
    unlinkSync(daemon.socketPath)
    await eventually(() => expect(bound()).toHaveLength(2))
    expect(said()).toHaveLength(2)
    await using late = await RawLink.open(daemon.socketPath)
    expect((await late.request('GetStatus')).ok).toBe(true)

    expect(await daemon.kill('SIGTERM')).toBe(0)
    expect(lstatSync(second).ino).toBe(ino)
    await new Promise((settle) => void theirs.close(settle))
  })
})

async function leaveDeadSocket(path: string): Promise<void> {
  const script = `
    import { once } from 'node:events'
import { createServer } from 'node:net'
    createServer().listen(process.argv[1], () => console.log('listening'))`
  await killChild(await spawnUntil(script, [path], 'listening'))
}
