/** A program with an IpcServer under attack: nothing that a peer does may crash, hang or grow it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RawLink } from '../daemon/raw-link.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { eventually, pathIn } from './library-pair.ts'

const directory = scratchDirectory()
const MiB = 1024 * 1024
const program = fileURLToPath(new URL('library-process.ts', import.meta.url))

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
      name: 'three readers that never take replies of a hundred bytes',
      attack: async () => {
        const data = {
          type: 'TaskCommand',
          origin: 'client',
          data: { commandName: 'StartNewTask', data: { text: 'x' } },
        }
        const commands = Buffer.from(`${JSON.stringify({ type: 'message', data })}\f`.repeat(1_000))
        const mute = Array.from({ length: 3 }, async () => {
          const socket = await opened()
          socket.pause()
          await pour(socket, commands, 200)
        })
        await Promise.all(mute)
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
