/** What a peer may send to an IpcServer: nothing of it may crash, hang or grow the program that it lives in. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { badFrames } from '../daemon/bad-input-frames.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { eventually, keptServer, pairAt, pathIn, started } from './library-pair.ts'

const directory = scratchDirectory()
const MiB = 1024 * 1024
const program = fileURLToPath(new URL('library-process.ts', import.meta.url))

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

describe('a program of its own', () => {
  const path = pathIn(directory)
  let child: ChildProcess
  const sockets: Socket[] = []

  beforeAll(async () => {
    // V8's young generation grows with any program's traffic, by up to 48 MiB in steps of its own: that is for the
    // program to bound, as this one does, and would hide what the server holds.
    const flags = ['--expose-gc', '--max-semi-space-size=1']
    child = spawn(process.execPath, [...flags, program, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.stdout !== null) await once(child.stdout, 'data')
  })

  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })

  /** A full backlog is the kernel's answer, not the server's: tried again. */
  async function opened(): Promise<Socket> {
    for (;;) {
      const socket = connect(path)
      sockets.push(socket)
      const isOpen = await new Promise<boolean>((resolve) => {
        socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      })
      if (isOpen) return socket
    }
  }

  /** A link with its Ack. */
  async function answered(): Promise<RawLink> {
    for (;;) {
      const link = new RawLink(path)
      const isOpen = await new Promise<boolean>((resolve) => {
        link.socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
      })
      if (!isOpen) continue
      await eventually(() => expect(link.clientId).not.toBe(''))
      return link
    }
  }

  /** Writes as the server takes it, until it closes. */
  async function pour(socket: Socket, chunk: Buffer, times: number): Promise<void> {
    for (let n = 0; n < times && !socket.destroyed; n++) {
      await new Promise<void>((resolve) => {
        // Called with an error where the socket closes first.
        socket.write(chunk, () => resolve())
      })
    }
  }

  async function rssBytes(link: RawLink): Promise<number> {
    const before = link.messages.length
    link.command('GetModes')
    return await eventually(() => {
      const answer = link.messages.slice(before).find((one) => one.data?.eventName === 'modesResponse')
      const found = /"name":"(\d+)"/.exec(JSON.stringify(answer))?.[1]
      if (found === undefined) throw new Error('no answer')
      return Number(found)
    })
  }

  const attacks: readonly { readonly name: string; readonly attack: () => Promise<void> }[] = [
    {
      name: '200 MB without a delimiter',
      attack: async () => pour(await opened(), Buffer.alloc(MiB, 0x7b), 200),
    },
    {
      name: '1 MB of delimiters',
      attack: async () => pour(await opened(), Buffer.alloc(MiB, 0x0c), 1),
    },
    {
      name: '150 idle links',
      attack: async () => {
        for (let n = 0; n < 150; n++) await opened()
      },
    },
    {
      name: '1,000 connects and closes',
      attack: async () => {
        for (let n = 0; n < 1_000; n++) (await opened()).destroy()
        await using link = await answered()
        await rssBytes(link)
      },
    },
    {
      name: 'five mute readers of 100 MB of events, beside 150 idle ones',
      attack: async () => {
        for (let n = 0; n < 5; n++) (await opened()).pause()
        await using link = await RawLink.open(path)
        for (let round = 0; round < 25; round++) {
          link.messages.length = 0
          link.command('StartNewTask', { text: 'flood 4' })
          await eventually(() => expect(link.messages.at(-1)?.data?.payload?.[0] === 'flood 4').toBe(true))
        }
        expect(link.isClosed).toBe(false)
      },
    },
    {
      name: 'a reader that never takes its replies',
      attack: async () => {
        const socket = await opened()
        socket.pause()
        const text = 'x'.repeat(10_000)
        const command = { commandName: 'StartNewTask', data: { text } }
        const data = { type: 'TaskCommand', origin: 'client', data: command }
        await pour(socket, Buffer.from(`${JSON.stringify({ type: 'message', data })}\f`.repeat(100)), 100)
      },
    },
    {
      name: 'half-closed sockets',
      attack: async () => {
        for (let n = 0; n < 100; n++) (await opened()).end('{"type":"mess')
      },
    },
    {
      name: 'one message of 8 MB',
      attack: async () => {
        await using link = await RawLink.open(path)
        link.command('StartNewTask', { text: 'y'.repeat(8_000_000) })
        await eventually(() => expect(link.messages).toHaveLength(2))
      },
    },
  ]

  // Resident memory after a collection: what an attack holds on to, and what malloc cannot give back of it.
  test('no attack leaves it grown by more than 64 MB, and it answers an old and a new client after each', async () => {
    await using old = await RawLink.open(path)
    const growths: string[] = []
    for (const { name, attack } of attacks) {
      const before = await rssBytes(old)
      await attack()
      await using fresh = await answered()
      await rssBytes(fresh)
      const grownMiB = ((await rssBytes(old)) - before) / MiB
      growths.push(`${name}: ${grownMiB.toFixed(1)} MiB`)
      expect(grownMiB, growths.join('; ')).toBeLessThan(64)
    }
    expect(child.exitCode).toBe(null)
  }, 60_000)

  test('a half-closed client still gets its answer', async () => {
    const socket = await opened()
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    await eventually(() => expect(text).toContain('Ack'))
    const data = { commandName: 'StartNewTask', data: { text: 'last words' } }
    socket.end(
      `${JSON.stringify({ type: 'message', data: { type: 'TaskCommand', origin: 'client', data } })}\f`,
    )
    await once(socket, 'close')
    expect(text).toContain('last words')
  })
})
