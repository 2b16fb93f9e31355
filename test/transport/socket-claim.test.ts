import { lstatSync, symlinkSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net, { createServer, Socket, type Server } from 'node:net'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { limits } from '../../src/limits.ts'
import { nodeIpcTransport } from '../../src/transport/node-ipc.ts'
import { claimSocketPath } from '../../src/transport/socket-claim.ts'
import { killChild, spawnUntil } from './child-process.ts'
import { Server as ContractServer } from './both-ends.ts'
import { scratchDirectory } from './scratch-directory.ts'

const scratch = scratchDirectory()
const listenSource = `
  import { createServer } from 'node:net'
  createServer().listen(process.argv.at(-1), () => console.log('listening'))`

async function listening(path: string): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return server
}

describe('claiming a socket path', () => {
  it('finds nothing there', async () => {
    expect(await claimSocketPath(join(scratch, 'nothing.sock'))).toEqual({ ok: true, value: undefined })
  })

  it('refuses a served one as taken, and leaves it', async () => {
    const path = join(scratch, 'served.sock')
    const server = await listening(path)
    const found = await claimSocketPath(path)
    expect(found).toMatchObject({ ok: false, reason: 'taken', message: expect.stringContaining(path) })
    expect(lstatSync(path).isSocket()).toBe(true)
    server.close()
  })

  it('refuses one whose owner lives and does not accept as taken', async () => {
    const path = join(scratch, 'stopped.sock')
    const child = await spawnUntil(listenSource, [path], 'listening')
    child.kill('SIGSTOP')
    const found = await claimSocketPath(path, { probeMs: 100 })
    expect(found).toMatchObject({ ok: false, reason: 'taken' })
    expect(lstatSync(path).isSocket()).toBe(true)
    await killChild(child)
  })

  // bound: socketProbeMs
  it('waits for an answer as long as a probe may take, and then leaves the socket to its owner', async () => {
    const path = join(scratch, 'silent.sock')
    const server = await listening(path)
    // A connect that is never answered; on Linux nothing real does that.
    const { connect } = net
    net.connect = () => new Socket()
    syncBuiltinESMExports()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => {
      vi.useRealTimers()
      net.connect = connect
      syncBuiltinESMExports()
      server.close()
    })
    const found = vi.fn<(outcome: unknown) => void>()
    const claimed = claimSocketPath(path).then(found)
    vi.advanceTimersByTime(limits.socketProbeMs - 1)
    await turn()
    expect(found).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    await claimed
    expect(found).toHaveBeenCalledWith(expect.objectContaining({ ok: false, reason: 'taken' }))
    expect(lstatSync(path).isSocket()).toBe(true)
  })

  it('removes what a killed daemon left, so that it can be bound', async () => {
    const path = join(scratch, 'stale.sock')
    await killChild(await spawnUntil(listenSource, [path], 'listening'))
    expect(lstatSync(path).isSocket()).toBe(true)
    expect(await claimSocketPath(path)).toMatchObject({ ok: true })
    new ContractServer(nodeIpcTransport, path).close()
  })

  it('refuses a file that is no socket, and a link, and never removes them', async () => {
    const file = join(scratch, 'file.sock')
    writeFileSync(file, 'precious')
    const link = join(scratch, 'link.sock')
    symlinkSync(join(scratch, 'nowhere'), link)
    for (const path of [file, link, scratch]) {
      const found = await claimSocketPath(path)
      expect(found).toMatchObject({ ok: false, reason: 'misconfigured' })
      expect(found).toMatchObject({ message: expect.stringContaining('not a socket') })
    }
    expect(lstatSync(file).size).toBe(8)
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it('refuses a path that cannot be looked at', async () => {
    const file = join(scratch, 'wall')
    writeFileSync(file, '')
    const found = await claimSocketPath(join(file, 'a.sock'))
    expect(found).toMatchObject({
      ok: false,
      reason: 'misconfigured',
      message: expect.stringContaining('ENOTDIR'),
    })
  })
})
