import { describe, expect, it, vi } from 'vitest'
import { memoryTransport } from '../../src/transport/memory.ts'
import { fill, open, pattern, Server } from './both-ends.ts'
import { transportContract, type Harness } from './contract.ts'
import { Recorder } from './recorder.ts'

function makeHarness(): Harness {
  const transport = memoryTransport()
  let paths = 0
  return {
    transport,
    freshPath: () => `/memory/${++paths}`,
    connectHalfClosing(path) {
      const told = new Recorder()
      const link = transport.connect(path, told)
      return {
        write: (bytes) => void link.write(bytes),
        endWriting: () => link.endWriting(),
        received: () => told.received(),
        destroy: () => link.destroy(),
      }
    },
  }
}

transportContract('memory', makeHarness)

describe('the in-process transport', () => {
  it('buffers as much as it was given and holds the rest', async () => {
    const transport = memoryTransport(1_000)
    const server = new Server(transport, '/one')
    const client = await open(transport, server)
    client.link.pause()
    expect(server.link().write(pattern(1_000))).toBe(true)
    expect(server.link().write(pattern(10))).toBe(false)
    expect(server.link().heldBytes).toBe(10)
    client.link.resume()
    await vi.waitFor(() => expect(server.recorder().drains).toBe(1))
    await vi.waitFor(() => expect(client.told.bytes).toBe(1_010))
  })

  it('keeps its paths to itself', () => {
    const first = new Server(memoryTransport(), '/one')
    const second = new Server(memoryTransport(), '/one')
    first.close()
    expect(second.listener.ownsPath()).toBe(true)
  })

  it('lets a listener lose its path and take it again', async () => {
    const transport = memoryTransport()
    const server = new Server(transport, '/one')
    transport.unlink('/one')
    expect(server.listener.ownsPath()).toBe(false)
    const thief = new Server(transport, '/one')
    expect(() => server.listener.rebind()).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }))
    server.listener.close()
    expect(thief.listener.ownsPath()).toBe(true)
    thief.close()
    server.listener.rebind()
    await open(transport, server)
    expect(server.links.length).toBe(1)
  })

  it('breaks an end with the error that it was given', async () => {
    const transport = memoryTransport()
    const server = new Server(transport, '/one')
    const told = new Recorder()
    const link = transport.connect('/one', told)
    await vi.waitFor(() => expect(told.opens).toBe(1))
    fill(server.link(), pattern(1_000))
    link.fail(new Error('cable cut'))
    await vi.waitFor(() => expect(told.closes).toBe(1))
    expect(told.error?.message).toBe('cable cut')
    await vi.waitFor(() => expect(server.recorder().closes).toBe(1))
  })
})
