import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { IPCModule } from 'node-ipc-12'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { nodeIpcTransport } from '../../src/transport/node-ipc.ts'
import { digest, fill, open, pattern, Server } from './both-ends.ts'
import { transportContract, type Harness } from './contract.ts'
import { Recorder } from './recorder.ts'
import { scratchDirectory } from './scratch-directory.ts'

const directory = scratchDirectory()
let paths = 0

function freshPath(): string {
  return join(directory, `${++paths}.sock`)
}

function makeHarness(): Harness {
  return {
    transport: nodeIpcTransport,
    freshPath,
    connectHalfClosing(path) {
      const chunks: Buffer[] = []
      const socket = connect({ path, allowHalfOpen: true })
      socket.on('data', (chunk) => chunks.push(chunk))
      return {
        write: (bytes) => void socket.write(bytes),
        endWriting: () => void socket.end(),
        received: () => Buffer.concat(chunks),
        destroy: () => void socket.destroy(),
      }
    },
  }
}

transportContract('node-ipc', makeHarness)

describe('the node-ipc transport on a file system', () => {
  const servers: Server[] = []

  function serve(path = freshPath()): Server {
    const server = new Server(nodeIpcTransport, path)
    servers.push(server)
    return server
  }

  let umaskBefore = 0
  beforeEach(() => {
    umaskBefore = process.umask(0o002)
  })
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
    process.umask(umaskBefore)
  })

  it('has a socket of mode 0600 when listen returns, and leaves the umask alone', () => {
    const { path } = serve().listener
    const found = lstatSync(path)
    expect(found.isSocket()).toBe(true)
    expect(found.mode & 0o777).toBe(0o600)
    expect(found.nlink).toBe(1)
    expect(process.umask()).toBe(0o002)
  })

  it('leaves nothing in the directory but the socket, and the directory as it was', () => {
    const place = join(directory, 'shared')
    mkdirSync(place)
    chmodSync(place, 0o1777)
    const server = serve(join(place, 'a.sock'))
    expect(readdirSync(place)).toEqual(['a.sock'])
    expect(() => new Server(nodeIpcTransport, server.listener.path)).toThrow(/EADDRINUSE/)
    expect(readdirSync(place)).toEqual(['a.sock'])
    expect(statSync(place).mode & 0o7777).toBe(0o1777)
    server.close()
    expect(readdirSync(place)).toEqual([])
  })

  it('throws in the same turn what keeps it from binding', () => {
    const file = join(directory, 'plain')
    writeFileSync(file, 'kept')
    const refusals = [
      { path: file, code: 'EADDRINUSE' },
      { path: join(directory, 'missing', 'a.sock'), code: 'ENOENT' },
      { path: join(file, 'a.sock'), code: 'ENOTDIR' },
      { path: join(directory, 'x'.repeat(limits.socketPathBytesMax)), code: 'ENAMETOOLONG' },
    ]
    for (const { path, code } of refusals) {
      expect(() => serve(path)).toThrow(expect.objectContaining({ code }))
    }
    expect(lstatSync(file).isFile()).toBe(true)
  })

  it('binds at the longest path that the system allows', async () => {
    const server = serve(join(directory, 'x'.repeat(limits.socketPathBytesMax - directory.length - 1)))
    const client = await open(nodeIpcTransport, server)
    expect(client.told.opens).toBe(1)
    client.link.destroy()
  })

  it('notices that its file was removed, and binds again with the old links alive', async () => {
    const server = serve()
    const old = await open(nodeIpcTransport, server)
    unlinkSync(server.listener.path)
    expect(server.listener.ownsPath()).toBe(false)
    server.listener.rebind()
    expect(server.listener.ownsPath()).toBe(true)
    expect(lstatSync(server.listener.path).mode & 0o777).toBe(0o600)
    const fresh = await open(nodeIpcTransport, server)
    old.link.write(Buffer.from('old'))
    await vi.waitFor(() => expect(server.recorder(0).received().toString()).toBe('old'))
    server.link(0).write(Buffer.from('back'))
    await vi.waitFor(() => expect(old.told.received().toString()).toBe('back'))
    fresh.link.write(Buffer.from('fresh'))
    await vi.waitFor(() => expect(server.recorder(1).received().toString()).toBe('fresh'))
    old.link.destroy()
    fresh.link.destroy()
  })

  it("notices another program's socket at its path, takes it from nobody, and does not remove it", async () => {
    const server = serve()
    const { path } = server.listener
    const client = await open(nodeIpcTransport, server)
    const foreign = createServer((socket) => socket.end('foreign'))
    const foreignPath = freshPath()
    await new Promise<void>((resolve) => foreign.listen(foreignPath, resolve))
    renameSync(foreignPath, path)
    expect(server.listener.ownsPath()).toBe(false)
    expect(() => server.listener.rebind()).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }))
    client.link.write(Buffer.from('alive'))
    await vi.waitFor(() => expect(server.recorder().received().toString()).toBe('alive'))
    client.link.destroy()
    server.close()
    expect(lstatSync(path).isSocket()).toBe(true)
    const told = new Recorder()
    nodeIpcTransport.connect(path, told)
    await vi.waitFor(() => expect(told.received().toString()).toBe('foreign'))
    foreign.close()
  })

  it('does not remove a plain file that took its place either', () => {
    const server = serve()
    unlinkSync(server.listener.path)
    writeFileSync(server.listener.path, 'mine')
    expect(server.listener.ownsPath()).toBe(false)
    server.close()
    expect(existsSync(server.listener.path)).toBe(true)
  })

  it('holds one write for a mute reader and no more', async () => {
    const server = serve()
    const client = await open(nodeIpcTransport, server)
    client.link.pause()
    const slab = pattern(limits.writeBytes)
    const handed = fill(server.link(), slab)
    expect(server.link().heldBytes).toBeLessThanOrEqual(slab.length)
    expect(handed).toBeLessThan(4 * 1024 * 1024)
    expect(client.told.bytes).toBe(0)
    client.link.destroy()
  })

  it('keeps a hundred and fifty idle links, and serves the next', async () => {
    const server = serve()
    const idle = await Promise.all(Array.from({ length: 150 }, () => open(nodeIpcTransport, server)))
    const next = await open(nodeIpcTransport, server)
    next.link.write(Buffer.from('hello'))
    await vi.waitFor(() => expect(server.told.at(-1)?.received().toString()).toBe('hello'))
    expect(idle.every(({ told }) => told.closes === 0 && told.ends === 0)).toBe(true)
    for (const { link } of [...idle, next]) link.destroy()
    await vi.waitFor(() => expect(server.told.every((one) => one.ends === 1)).toBe(true))
    for (const link of server.links) link.end()
    await vi.waitFor(() => expect(server.told.every((one) => one.closes === 1)).toBe(true))
  })

  it('speaks with a node-ipc 12 client, byte for byte', async () => {
    const server = serve()
    const ipc = new IPCModule()
    Object.assign(ipc.config, { silent: true, stopRetrying: true, maxRetries: 0 })
    const heard: unknown[] = []
    await new Promise<void>((resolve) => ipc.connectTo('server', server.listener.path, () => resolve()))
    const peer = ipc.of['server']
    if (peer === undefined) throw new Error('node-ipc 12 made no client')
    peer.on('message', (message) => heard.push(message))
    await vi.waitFor(() => expect(server.links.length).toBe(1))
    peer.emit('message', { type: 'TaskCommand', text: 'häßlich 🎭' })
    const wanted = `${JSON.stringify({ type: 'message', data: { type: 'TaskCommand', text: 'häßlich 🎭' } })}\f`
    await vi.waitFor(() => expect(server.recorder().received().toString()).toBe(wanted))
    const frame = Buffer.from(`${JSON.stringify({ type: 'message', data: { type: 'Ack', n: 1 } })}\f`)
    server.link().write(Buffer.concat([frame, frame]))
    await vi.waitFor(() =>
      expect(heard).toEqual([
        { type: 'Ack', n: 1 },
        { type: 'Ack', n: 1 },
      ]),
    )
    ipc.disconnect('server')
    await vi.waitFor(() => expect(server.recorder().ends).toBe(1))
  })
})

it('reads and writes the same bytes with a plain net.Socket, so that node-ipc adds nothing', async () => {
  const server = new Server(nodeIpcTransport, freshPath())
  const bytes = pattern(1_000_000)
  const socket = connect(server.listener.path)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write(bytes)
  await vi.waitFor(() => expect(server.told[0]?.bytes).toBe(bytes.length))
  expect(digest(server.recorder().received())).toBe(digest(bytes))
  server.link().write(bytes)
  await vi.waitFor(() => expect(digest(Buffer.concat(chunks))).toBe(digest(bytes)))
  socket.destroy()
  server.close()
})
