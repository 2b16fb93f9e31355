/**
 * What every transport must do, whatever carries its bytes. Each test file of a transport calls `transportContract`
 * with a harness; what only sockets have is tested beside it.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Link, Transport } from '../../src/transport/transport.ts'
import { digest, fill, open, pattern, Server, type Client } from './both-ends.ts'
import { Recorder } from './recorder.ts'

/** A peer that can stop writing and go on reading, which a Link's `end` does not do. */
export interface HalfClosingPeer {
  write(bytes: Uint8Array): void
  endWriting(): void
  received(): Buffer
  destroy(): void
}

export interface Harness {
  readonly transport: Transport
  /** A path that nobody uses. */
  freshPath(): string
  connectHalfClosing(path: string): HalfClosingPeer
}

const MiB = 1024 * 1024

/** Makes a harness for each test. */
export function transportContract(name: string, makeHarness: () => Harness): void {
  describe(`${name}: the contract of a transport`, () => {
    let harness: Harness
    let transport: Transport
    let server: Server
    const links: Link[] = []

    beforeEach(() => {
      harness = makeHarness()
      transport = harness.transport
      server = new Server(transport, harness.freshPath())
    })

    afterEach(() => {
      for (const link of links.splice(0)) link.destroy()
      server.close()
      for (const recorder of server.told) expect(recorder.late).toEqual([])
      expect(server.errors).toEqual([])
    })

    async function connected(): Promise<Client> {
      const client = await open(transport, server)
      links.push(client.link)
      return client
    }

    it('carries bytes in order and whole, both ways', async () => {
      const client = await connected()
      const upward = pattern(300_000, 1)
      const downward = pattern(300_000, 2)
      for (let at = 0, size = 1; at < upward.length; at += size, size = (size * 7) % 10_007 || 1) {
        client.link.write(upward.subarray(at, at + size))
        server.link().write(downward.subarray(at, at + size))
      }
      await vi.waitFor(() => expect(server.recorder().bytes).toBe(upward.length))
      await vi.waitFor(() => expect(client.told.bytes).toBe(downward.length))
      expect(digest(server.recorder().received())).toBe(digest(upward))
      expect(digest(client.told.received())).toBe(digest(downward))
    })

    it('carries a write much larger than any buffer', async () => {
      const client = await connected()
      const bytes = pattern(16 * MiB)
      expect(server.link().write(bytes)).toBe(false)
      expect(client.link.write(bytes)).toBe(false)
      await vi.waitFor(
        () => expect(client.told.bytes + server.recorder().bytes).toBe(2 * bytes.length),
        10_000,
      )
      expect(digest(client.told.received())).toBe(digest(bytes))
      expect(digest(server.recorder().received())).toBe(digest(bytes))
    })

    it('says of a small write that all of it left, and lets its buffer be reused', async () => {
      const client = await connected()
      const buffer = Buffer.alloc(100)
      for (const link of [server.link(), client.link]) {
        for (let value = 0; value < 20; value++) {
          buffer.fill(value)
          expect(link.write(buffer)).toBe(true)
          expect(link.heldBytes).toBe(0)
        }
      }
      await vi.waitFor(() => expect(client.told.bytes + server.recorder().bytes).toBe(4_000))
      const expected = Buffer.concat(Array.from({ length: 20 }, (_, value) => Buffer.alloc(100, value)))
      expect(client.told.received().equals(expected)).toBe(true)
      expect(server.recorder().received().equals(expected)).toBe(true)
      expect(client.told.drains + server.recorder().drains).toBe(0)
    })

    it('says false while something is held and drained exactly once, at either end', async () => {
      const client = await connected()
      const ends = [
        { writer: server.link(), told: server.recorder(), reader: client.link, read: client.told },
        { writer: client.link, told: client.told, reader: server.link(), read: server.recorder() },
      ]
      for (const { writer, told, reader, read } of ends) {
        for (let round = 1; round <= 3; round++) {
          reader.pause()
          const before = read.bytes
          const handed = fill(writer, pattern(10_000, round))
          expect(writer.heldBytes).toBeGreaterThan(0)
          expect(told.drains).toBe(round - 1)
          reader.resume()
          await vi.waitFor(() => expect(told.drains).toBe(round))
          expect(writer.heldBytes).toBe(0)
          await vi.waitFor(() => expect(read.bytes - before).toBe(handed))
          expect(told.drains).toBe(round)
        }
      }
    })

    it('tells one drain for several writes that were held', async () => {
      const client = await connected()
      client.link.pause()
      const handed = fill(server.link(), pattern(50_000))
      for (let i = 0; i < 5; i++) expect(server.link().write(pattern(50_000))).toBe(false)
      client.link.resume()
      await vi.waitFor(() => expect(client.told.bytes).toBe(handed + 250_000))
      await vi.waitFor(() => expect(server.recorder().drains).toBe(1))
    })

    it('gives a paused reader nothing but what was under way, and everything once it resumes', async () => {
      const client = await connected()
      server.link().pause()
      const handed = fill(client.link, pattern(20_000))
      const other = await connected()
      other.link.write(Buffer.from('x'))
      await vi.waitFor(() => expect(server.recorder(1).bytes).toBe(1))
      expect(server.recorder(0).bytes).toBe(0)
      server.link().resume()
      await vi.waitFor(() => expect(server.recorder(0).bytes).toBe(handed))
    })

    it('closes after what is held has left, when ended', async () => {
      const client = await connected()
      const bytes = pattern(4 * MiB)
      expect(server.link().write(bytes)).toBe(false)
      server.link().end()
      expect(server.recorder().closes).toBe(0)
      await vi.waitFor(() => expect(client.told.ends).toBe(1))
      expect(digest(client.told.received())).toBe(digest(bytes))
      await vi.waitFor(() => expect(server.recorder().closes).toBe(1))
      expect(server.recorder().error).toBeUndefined()
    })

    it('closes at once when destroyed, and does nothing from then on', async () => {
      const client = await connected()
      client.link.pause()
      fill(server.link(), pattern(100_000))
      server.link().destroy()
      server.link().destroy()
      server.link().end()
      expect(server.link().write(Buffer.from('late'))).toBe(true)
      expect(server.link().heldBytes).toBe(0)
      expect(server.recorder().closes).toBe(0)
      await vi.waitFor(() => expect(server.recorder().closes).toBe(1))
      client.link.resume()
      await vi.waitFor(() => expect(client.told.ends + client.told.closes).toBeGreaterThan(0))
      expect(server.recorder().drains).toBe(0)
      expect(server.recorder().error).toBeUndefined()
    })

    it('says of a link whose peer vanished while it held bytes that it broke', async () => {
      const client = await connected()
      client.link.pause()
      fill(server.link(), pattern(100_000))
      client.link.destroy()
      await vi.waitFor(() => expect(server.recorder().closes).toBe(1))
      expect(server.recorder().error).toBeInstanceOf(Error)
      expect(server.recorder().drains).toBe(0)
      expect(server.link().write(Buffer.from('late'))).toBe(true)
    })

    it('says of a peer that vanished while nothing was held that it ended, and then breaks on a write', async () => {
      const client = await connected()
      client.link.destroy()
      await vi.waitFor(() => expect(server.recorder().ends).toBe(1))
      expect(server.recorder().closes).toBe(0)
      server.link().write(Buffer.from('anybody?'))
      await vi.waitFor(() => expect(server.recorder().closes).toBe(1))
      expect(server.recorder().error).toBeInstanceOf(Error)
    })

    it('can be written to after its peer has ended writing', async () => {
      const peer = harness.connectHalfClosing(server.listener.path)
      await vi.waitFor(() => expect(server.links.length).toBe(1))
      peer.write(Buffer.from('question'))
      peer.endWriting()
      await vi.waitFor(() => expect(server.recorder().ends).toBe(1))
      expect(server.recorder().received().toString()).toBe('question')
      expect(server.recorder().closes).toBe(0)
      const answer = pattern(2 * MiB)
      server.link().write(answer)
      await vi.waitFor(() => expect(digest(peer.received())).toBe(digest(answer)))
      server.link().end()
      await vi.waitFor(() => expect(server.recorder().closes).toBe(1))
      expect(server.recorder().error).toBeUndefined()
      peer.destroy()
    })

    it('tells a client too that the server has ended, and lets it close', async () => {
      const client = await connected()
      server.link().write(Buffer.from('bye'))
      server.link().end()
      await vi.waitFor(() => expect(client.told.ends).toBe(1))
      expect(client.told.received().toString()).toBe('bye')
      expect(client.told.closes).toBe(0)
      client.link.end()
      await vi.waitFor(() => expect(client.told.closes).toBe(1))
      expect(client.told.error).toBeUndefined()
    })

    it('lets a link be refused while it is accepted', async () => {
      const path = harness.freshPath()
      const told = new Recorder()
      const refusing = new Server(transport, path, (link) => {
        link.destroy()
        return told
      })
      const seen = new Recorder()
      links.push(transport.connect(path, seen))
      await vi.waitFor(() => expect(told.closes).toBe(1))
      await vi.waitFor(() => expect(seen.ends + seen.closes).toBeGreaterThan(0))
      expect(seen.bytes).toBe(0)
      refusing.close()
    })

    it('carries a hundred links at once, each its own bytes', async () => {
      const clients = await Promise.all(Array.from({ length: 100 }, () => connected()))
      clients.forEach(({ link }, index) => link.write(pattern(1_000, index + 1)))
      await vi.waitFor(() => expect(server.told.every((one) => one.bytes === 1_000)).toBe(true))
      server.told.forEach((one, index) => server.link(index).write(one.received()))
      await vi.waitFor(() => expect(clients.every(({ told }) => told.bytes === 1_000)).toBe(true))
      clients.forEach(({ told }, index) =>
        expect(told.received().equals(pattern(1_000, index + 1))).toBe(true),
      )
    })

    it('throws in the same turn where the path is taken, and the first keeps it', async () => {
      const { path } = server.listener
      expect(() => new Server(transport, path)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }))
      expect(server.listener.ownsPath()).toBe(true)
      const client = await connected()
      client.link.write(Buffer.from('still here'))
      await vi.waitFor(() => expect(server.recorder().received().toString()).toBe('still here'))
    })

    it('says in a later turn, once, that nobody listens', async () => {
      const told = new Recorder()
      transport.connect(harness.freshPath(), told)
      expect(told.closes).toBe(0)
      await vi.waitFor(() => expect(told.closes).toBe(1))
      expect(told.error).toBeInstanceOf(Error)
      expect(told.opens).toBe(0)
      expect(told.late).toEqual([])
    })

    it('closes a link that is destroyed before it opened, without opening it', async () => {
      const told = new Recorder()
      transport.connect(server.listener.path, told).destroy()
      await vi.waitFor(() => expect(told.closes).toBe(1))
      expect(told.opens).toBe(0)
      expect(told.late).toEqual([])
    })

    it('keeps live links when the listener closes, and takes no new ones', async () => {
      const client = await connected()
      server.listener.close()
      server.listener.close()
      expect(server.listener.ownsPath()).toBe(false)
      const refused = new Recorder()
      transport.connect(server.listener.path, refused)
      await vi.waitFor(() => expect(refused.closes).toBe(1))
      client.link.write(Buffer.from('up'))
      server.link().write(Buffer.from('down'))
      await vi.waitFor(() => expect(server.recorder().received().toString()).toBe('up'))
      await vi.waitFor(() => expect(client.told.received().toString()).toBe('down'))
      new Server(transport, server.listener.path).close()
    })

    it('binds again at the same path with its links alive', async () => {
      const old = await connected()
      server.listener.rebind()
      expect(server.listener.ownsPath()).toBe(true)
      const fresh = await connected()
      fresh.link.write(Buffer.from('fresh'))
      old.link.write(Buffer.from('old'))
      await vi.waitFor(() => expect(server.recorder(0).received().toString()).toBe('old'))
      await vi.waitFor(() => expect(server.recorder(1).received().toString()).toBe('fresh'))
    })
  })
}
