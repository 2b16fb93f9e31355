/** The library's server and its clients: what each hears, and how they part. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { IpcServer } from '../../src/server/ipc-server.ts'
import { RooClient } from '../daemon/roo-client.ts'
import { killChild, spawnUntil } from '../transport/child-process.ts'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { published115, published163, published189 } from '../wire/vocabulary/published.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { eventually, keptClient, keptServer, pairAt, pathIn, started } from './library-pair.ts'

const directory = scratchDirectory()
const library = join(import.meta.dirname, '../../src/package/callboard.ts')

describe('clients', () => {
  test('Connect, TaskCommand, send, broadcast and Disconnect', async () => {
    const path = pathIn(directory)
    const { server, client, connected, disconnected, commands, events } = await pairAt(path)
    const other = keptClient(path)
    await eventually(() => expect(connected).toHaveLength(2))
    const clientId = client.clientId ?? ''
    expect(clientId).toMatch(/^[0-9a-f]{12}$/)
    expect(connected[0]).toBe(clientId)
    client.sendCommand({ commandName: 'StartNewTask', data: { text: 'ls', configuration: { mode: 'code' } } })
    await eventually(() => expect(commands).toHaveLength(1))
    expect(commands[0]).toEqual({
      clientId,
      command: { commandName: 'StartNewTask', data: { text: 'ls', configuration: { mode: 'code' } } },
    })
    server.send(clientId, started('only one'))
    server.broadcast(started('all'))
    await eventually(() => expect(other.events).toHaveLength(1))
    await eventually(() => expect(events).toHaveLength(2))
    expect(events.map((event) => event.payload[0])).toEqual(['only one', 'all'])
    expect(other.events.map((event) => event.payload[0])).toEqual(['all'])
    client.disconnect()
    await eventually(() => expect(disconnected).toEqual([clientId]))
  })

  test('a client can be sent to from Connect on, and what it gets comes after its Ack', async () => {
    const path = pathIn(directory)
    const { server } = keptServer(path)
    server.on('Connect', (clientId) => server.send(clientId, started('greeting')))
    server.listen()
    const { heard } = keptClient(path)
    await eventually(() => expect(heard).toEqual(['Connect', 'Ack', 'taskStarted']))
  })

  test('send takes a socket of this server’s for its client', async () => {
    const sockets: Socket[] = []
    const keep = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !('socket' in message)) return
      if (message.socket instanceof Socket) sockets.push(message.socket)
    }
    subscribe('net.server.socket', keep)
    const { server, events, logs } = await pairAt(pathIn(directory))
    unsubscribe('net.server.socket', keep)
    const [socket] = sockets
    if (socket === undefined) throw new Error('no socket was accepted')
    server.send(socket, started('by socket'))
    await eventually(() => expect(events[0]?.payload[0]).toBe('by socket'))
    server.send(new Socket(), started('nobody'))
    expect(logs.at(-1)).toBe('[server] not sent: there is no client with that socket')
  })

  test('what is sent to nobody is logged', async () => {
    const { server, logs } = await pairAt(pathIn(directory))
    server.send('0123456789ab', started('x'))
    expect(logs.at(-1)).toBe('[server] not sent: there is no client 0123456789ab')
  })

  test('a listener that throws is told as any other, and its link lives', async () => {
    const path = pathIn(directory)
    const source = `
      import { IpcClient, IpcServer } from ${JSON.stringify(library)}
      process.on('uncaughtException', (error) => {
        console.log('thrown: ' + error.message + ', ready: ' + client.isReady)
      })
      const server = new IpcServer(${JSON.stringify(path)}, () => {})
      let commands = 0
      server.on('TaskCommand', () => {
        commands++
        throw new Error('from listener ' + commands)
      })
      server.listen()
      const client = new IpcClient(${JSON.stringify(path)}, () => {})
      client.on('Ack', () => {
        client.sendCommand({ commandName: 'GetModes' })
        client.sendCommand({ commandName: 'GetModes' })
      })`
    const child = await spawnUntil(source, [], 'thrown: from listener 2, ready: true')
    expect(child.exitCode).toBe(null)
    await killChild(child)
  })

  test('close ends every link after what was sent, removes the file, and tells', async () => {
    const path = pathIn(directory)
    const { server, client, disconnected, events } = await pairAt(path)
    const { clientId } = client
    for (let n = 0; n < 2_000; n++) server.broadcast(started(`${n} ${'x'.repeat(500)}`))
    await server.close()
    expect(existsSync(path)).toBe(false)
    expect(disconnected).toEqual([clientId])
    await eventually(() => expect(events).toHaveLength(2_000))
    await eventually(() => expect(client.isConnected).toBe(false))
  })

  test('what came with the command that made the program close it is refused', async () => {
    const path = pathIn(directory)
    const { server, commands, log } = keptServer(path)
    server.on('TaskCommand', () => void server.close())
    server.listen()
    await using link = await RawLink.open(path)
    const data = { type: 'TaskCommand', origin: 'client', data: { commandName: 'GetModes' } }
    link.write(`${JSON.stringify({ type: 'message', data })}\f`.repeat(3))
    await link.closed()
    expect(commands).toHaveLength(1)
    expect(log.filter((line) => line.includes('code = draining'))).toHaveLength(2)
  })

  test('a broadcast is encoded once, whatever the number of clients', async () => {
    const path = pathIn(directory)
    const { server, connected } = keptServer(path)
    server.listen()
    const clients = Array.from({ length: 10 }, () => keptClient(path))
    await eventually(() => expect(connected).toHaveLength(10))
    const message = { ...started('x'), toJSON: vi.fn<() => object>(() => started('once')) }
    server.broadcast(message)
    for (const { events } of clients) await eventually(() => expect(events).toHaveLength(1))
    expect(message.toJSON).toHaveBeenCalledOnce()
  })
})

describe.each([published163, published189, published115])(
  'an unmodified node-ipc 12 client with schemas $version',
  (published) => {
    test('is acknowledged, heard, and told', async () => {
      const path = pathIn(directory)
      const { server, commands, disconnected } = keptServer(path)
      server.on('TaskCommand', (clientId, command) => {
        if (command.commandName === 'StartNewTask') server.send(clientId, started(command.data.text))
      })
      server.listen()
      using client = await RooClient.open(path, published)
      client.start('hello', 'code')
      await client.heard('hello', 'taskStarted')
      client.command('CancelTask', published === published115 ? undefined : 'hello')
      await eventually(() => expect(commands).toHaveLength(2))
      expect(commands.map(({ clientId }) => clientId)).toEqual([client.clientId, client.clientId])
      for (let n = 0; n < 1_000; n++) server.broadcast(started(`n${n}`))
      await client.heard('n999', 'taskStarted')
      expect(client.events).toHaveLength(1_001)
      expect(client.refused).toEqual([])
      const { clientId } = client
      client.disconnect()
      await eventually(() => expect(disconnected).toEqual([clientId]))
    })

    test('comes back to a server that was started again, under another id', async () => {
      const path = pathIn(directory)
      const first = keptServer(path)
      first.server.listen()
      using client = await RooClient.open(path, published)
      await first.server.close()
      const second = new IpcServer(path, () => {})
      onTestFinished(() => second.close())
      second.listen()
      await eventually(() => expect(new Set(client.acks).size).toBe(2))
    })
  },
)
