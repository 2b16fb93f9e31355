/** What a peer may send to an IpcServer: what is refused, and what its bounds cost whom. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { badFrames } from '../daemon/bad-input-frames.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { eventually, keptServer, pairAt, pathIn, started } from './library-pair.ts'

const directory = scratchDirectory()
const MiB = 1024 * 1024

describe('one frame', () => {
  test('each bad frame is refused and logged, and the link lives', async () => {
    const path = pathIn(directory)
    const { server, commands, log } = keptServer(path)
    server.listen()
    for (const { name, bytes } of badFrames) {
      await using link = await RawLink.open(path)
      const commandsBefore = commands.length
      const logged = log.length
      link.write(bytes)
      link.command('CancelTask', 'after it')
      await eventually(() => expect(commands.length, name).toBe(commandsBefore + 1))
      expect(commands.at(-1)?.command).toEqual({ commandName: 'CancelTask', data: 'after it' })
      const lines = log.slice(logged).filter((line) => line.startsWith('[server] frame refused'))
      expect(lines.length, name).toBeGreaterThan(0)
      for (const line of lines) expect(line.length).toBeLessThan(1_000)
    }
  })

  test('a clientId that is another’s is refused; none is taken for the link’s own', async () => {
    const { server, client, commands, logs } = await pairAt(pathIn(directory))
    await using link = await RawLink.open(server.socketPath)
    link.command('CancelTask', 'spoofed', { clientId: client.clientId })
    link.command('CancelTask', 'own', { clientId: link.clientId })
    link.command('CancelTask', 'none')
    await eventually(() => expect(commands).toHaveLength(2))
    expect(commands.map(({ command }) => command.data)).toEqual(['own', 'none'])
    expect(commands.map(({ clientId }) => clientId)).toEqual([link.clientId, link.clientId])
    expect(logs.filter((line) => line.includes('code = unauthorized'))).toHaveLength(1)
  })

  test('what is of the extension is refused, so that a program gets published commands alone', async () => {
    const path = pathIn(directory)
    const { server, commands, log } = keptServer(path)
    server.listen()
    await using link = await RawLink.open(path)
    link.send({ type: 'Hello', origin: 'client', data: { protocol: 1, client: { name: 'x', version: '1' } } })
    link.command('Shutdown', {}, { requestId: 'r1' })
    link.command('Subscribe', {})
    link.command('CancelTask', 'x')
    await eventually(() => expect(commands).toHaveLength(1))
    expect(log.filter((line) => line.includes('code = unsupported'))).toHaveLength(3)
  })

  test('a peer that sends many is logged now and then', async () => {
    const path = pathIn(directory)
    const { server, commands, log } = keptServer(path)
    server.listen()
    await using link = await RawLink.open(path)
    link.write('null\f'.repeat(10_000))
    link.command('CancelTask', 'x')
    await eventually(() => expect(commands).toHaveLength(1))
    expect(log.length).toBeLessThan(20)
  })
})

describe('limits', () => {
  test('a frame past its limit closes the link', async () => {
    const path = pathIn(directory)
    const { server, log } = keptServer(path)
    server.listen()
    await using link = await RawLink.open(path)
    link.write(Buffer.alloc(33 * MiB, 0x7b))
    await link.closed()
    expect(log.some((line) => line.includes('code = frame_too_large'))).toBe(true)
  })

  test('a frame that does not end within its deadline closes the link', async () => {
    const path = pathIn(directory)
    const { server, log } = keptServer(path, { limits: { frameDeadlineMs: 20, frameSweepMs: 5 } })
    server.listen()
    await using link = await RawLink.open(path)
    await using idle = await RawLink.open(path)
    link.write('{"type":')
    await link.closed()
    expect(log.some((line) => line.includes('did not end within 20 ms'))).toBe(true)
    expect(idle.isClosed).toBe(false)
  })

  test('unfinished frames over the budget cost the link with the most of them', async () => {
    const path = pathIn(directory)
    const { server, commands } = keptServer(path, { limits: { unfinishedBytesMax: 100_000 } })
    server.listen()
    await using most = await RawLink.open(path)
    await using less = await RawLink.open(path)
    most.write(`{"a":"${'x'.repeat(80_000)}`)
    await eventually(() => expect(most.socket.writableLength).toBe(0))
    less.write(`{"a":"${'x'.repeat(40_000)}`)
    await most.closed()
    less.write('"}\f')
    less.command('CancelTask', 'x')
    await eventually(() => expect(commands).toHaveLength(1))
  })

  test('one connection too many is closed before its Ack', async () => {
    const path = pathIn(directory)
    const { server, log, connected } = keptServer(path, { limits: { connectionsMax: 2 } })
    server.listen()
    await using _one = await RawLink.open(path)
    await using _two = await RawLink.open(path)
    await using three = new RawLink(path)
    await three.closed()
    expect(three.messages).toEqual([])
    expect(connected).toHaveLength(2)
    expect(log.at(-1)).toContain('there are 2 connections already')
  })

  test('a client that does not read is closed at its bound, and the others hear everything', async () => {
    const path = pathIn(directory)
    const limits = { serverOutboxBytesMax: MiB }
    const { server, disconnected, log, connected } = keptServer(path, { limits })
    server.listen()
    await using reader = await RawLink.open(path)
    await using mute = await RawLink.open(path)
    mute.socket.pause()
    const muteId = connected[1] ?? ''
    let sent = 0
    for (; disconnected.length === 0 && sent < 10_000; sent++) {
      server.broadcast(started(`${sent} ${'x'.repeat(2_000)}`))
      if (sent % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(disconnected).toEqual([muteId])
    expect(log.find((line) => line.includes('does not take what is sent'))).toContain(muteId)
    await eventually(() => expect(reader.events()).toHaveLength(sent))
    expect(sent).toBeGreaterThan(400)
  })

  test('over all clients, the one for which the most waits is closed', async () => {
    const path = pathIn(directory)
    const limits = { serverOutboxBytesMax: 8 * MiB, serverOutboxesBytesMax: 2 * MiB }
    const { server, disconnected, connected } = keptServer(path, { limits })
    server.listen()
    const links = [await RawLink.open(path), await RawLink.open(path), await RawLink.open(path)]
    onTestFinished(() => links.forEach(({ socket }) => socket.destroy()))
    for (const { socket } of links) socket.pause()
    const [first = '', second = '', third = ''] = connected
    server.send(first, started('x'.repeat(1_000_000)))
    for (let n = 0; n < 6; n++) server.send(first, started('x'.repeat(100_000)))
    for (let n = 0; n < 12; n++) server.send(second, started('x'.repeat(100_000)))
    expect(disconnected).toEqual([])
    for (let n = 0; n < 10; n++) server.send(third, started('x'.repeat(100_000)))
    expect(disconnected).toEqual([second])
  })

  test('one message may be larger than the bound', async () => {
    const limits = { serverOutboxBytesMax: 1_000, serverOutboxesBytesMax: 2_000 }
    const path = pathIn(directory)
    const { server } = keptServer(path, { limits })
    server.listen()
    await using link = await RawLink.open(path)
    server.broadcast(started('x'.repeat(5 * MiB)))
    await eventually(() => expect(link.events()).toHaveLength(1))
  })
})
