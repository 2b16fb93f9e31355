/** The library's client: when it is connected and ready, when it dials again, and what it may hold. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { limits } from '../../src/limits.ts'
import { memoryTransport } from '../../src/transport/memory.ts'
import type { Link, Transport } from '../../src/transport/transport.ts'
import { quiet, until } from '../actors/turns.ts'
import { RecordingClock } from './recording-clock.ts'
import { nodeIpcTransport } from '../../src/transport/node-ipc.ts'
import { RawLink } from '../daemon/raw-link.ts'
import { eventually, keptClient, keptServer, pairAt, pathIn } from '../server/library-pair.ts'
import { published115 } from '../wire/vocabulary/published.ts'
import { ScriptedServer } from './scripted-server.ts'

const directory = scratchDirectory()

function scripted(path: string): ScriptedServer {
  const server = new ScriptedServer(nodeIpcTransport, path)
  onTestFinished(() => server.close())
  return server
}

describe('a connection', () => {
  test('it dials when it is made; it is ready with the Ack, not with the socket', async () => {
    const path = pathIn(directory)
    const server = scripted(path)
    const { client, heard } = keptClient(path)
    expect(client).toMatchObject({
      socketPath: path,
      isConnected: false,
      isReady: false,
      clientId: undefined,
    })
    const link = await server.nextLink()
    await eventually(() => expect(heard).toEqual(['Connect']))
    expect(client).toMatchObject({ isConnected: true, isReady: false, clientId: undefined })
    link.ack()
    await eventually(() => expect(heard).toEqual(['Connect', 'Ack']))
    expect(client).toMatchObject({ isConnected: true, isReady: true })
    expect(client.clientId).toMatch(/^[0-9a-f]{12}$/)
  })

  test('what is sent before the Ack is refused, told, and never written', async () => {
    const path = pathIn(directory)
    const server = scripted(path)
    const { client, log } = keptClient(path)
    const link = await server.nextLink()
    expect(client.sendCommand({ commandName: 'GetModes' })).toBe(false)
    expect(log.at(-1)).toBe('[client] not sent: the client is not ready; wait for Ack')
    link.ack()
    await eventually(() => expect(client.isReady).toBe(true))
    expect(client.sendCommand({ commandName: 'GetModels' })).toBe(true)
    await link.command('GetModels')
    expect(link.names()).toEqual(['GetModels'])
  })

  test('every command carries the clientId of this connection’s Ack and passes the published schema', async () => {
    const path = pathIn(directory)
    const { server, connected, commands } = keptServer(path)
    server.listen()
    await using raw = new RawLink(path)
    await eventually(() => expect(raw.clientId).not.toBe(''))
    const { client } = keptClient(path)
    await eventually(() => expect(client.isReady).toBe(true))
    client.sendCommand({ commandName: 'StartNewTask', data: { text: 'a', images: [], newTab: true } })
    client.sendTaskMessage('more', ['data:image/png;base64,'])
    client.sendTaskMessage('text alone')
    client.deleteQueuedMessage('m1')
    client.sendMessage({
      type: 'TaskCommand',
      origin: 'client',
      clientId: client.clientId,
      data: { commandName: 'CancelTask' },
    })
    await eventually(() => expect(commands).toHaveLength(5))
    expect(new Set(commands.map(({ clientId }) => clientId))).toEqual(new Set([connected[1]]))
    for (const { clientId, command } of commands)
      published115.parse({ type: 'TaskCommand', origin: 'client', clientId, data: command })
    expect(commands.map(({ command }) => command)).toEqual([
      {
        commandName: 'StartNewTask',
        data: { configuration: {}, text: 'a', images: [], newTab: true },
      },
      { commandName: 'SendMessage', data: { text: 'more', images: ['data:image/png;base64,'] } },
      { commandName: 'SendMessage', data: { text: 'text alone' } },
      { commandName: 'DeleteQueuedMessage', data: 'm1' },
      { commandName: 'CancelTask' },
    ])
  })

  test('after a lost link it dials again in half a second, and is ready only with the new Ack', async () => {
    const path = pathIn(directory)
    const server = scripted(path)
    const clock = new RecordingClock()
    const { client, heard } = keptClient(path, { clock })
    const first = await server.nextLink()
    first.ack()
    await eventually(() => expect(client.isReady).toBe(true))
    const firstId = client.clientId
    first.link.destroy()
    await eventually(() => expect(heard.at(-1)).toBe('Disconnect'))
    expect(client).toMatchObject({ isConnected: false, isReady: false, clientId: undefined })
    await eventually(() => expect(clock.waits.at(-1)).toBe(500))
    clock.increment(499)
    expect(heard.at(-1)).toBe('Disconnect')
    clock.increment(1)
    const second = await server.nextLink()
    await eventually(() => expect(heard.at(-1)).toBe('Connect'))
    expect(client).toMatchObject({ isConnected: true, isReady: false })
    second.ack()
    await eventually(() => expect(client.isReady).toBe(true))
    expect(client.clientId).not.toBe(firstId)
    expect(heard).toEqual(['Connect', 'Ack', 'Disconnect', 'Connect', 'Ack'])
  })

  // bound: ipcClientRetryMs
  test('it dials again after its time and not before, for ever', async () => {
    const clock = new RecordingClock()
    const place = memoryTransport()
    const connect = vi.fn<Transport['connect']>((path, handlers) => place.connect(path, handlers))
    keptClient('/nobody', { transport: { ...place, connect }, clock })
    for (let dials = 1; dials <= 5; dials++) {
      await until(() => clock.waits.filter((ms) => ms === limits.ipcClientRetryMs).length === dials)
      expect(connect).toHaveBeenCalledTimes(dials)
      clock.increment(limits.ipcClientRetryMs - 1)
      await quiet()
      expect(connect).toHaveBeenCalledTimes(dials)
      clock.increment(1)
    }
  })

  test('it finds a server that is started later, and says once that there is none', async () => {
    const path = pathIn(directory)
    const { client, log } = keptClient(path, { limits: { ipcClientRetryMs: 5 } })
    await eventually(() => expect(log).toHaveLength(1))
    expect(log[0]).toMatch(/^\[client\] not connected: .*ENOENT.*; trying again every 5 ms$/)
    const { server } = keptServer(path)
    server.listen()
    await eventually(() => expect(client.isReady).toBe(true))
    expect(log).toEqual([log[0], '[client] connected'])
  })

  test('that there is none any more is said again, and each connection’s refusals anew', async () => {
    const path = pathIn(directory)
    const { log } = keptClient(path, { limits: { ipcClientRetryMs: 5, refusalLogBurst: 1 } })
    const missing = (): number => log.filter((line) => line.includes('not connected')).length
    const refused = (): number => log.filter((line) => line.includes('not understood')).length
    await eventually(() => expect(missing()).toBe(1))
    for (const time of [1, 2]) {
      const server = scripted(path)
      const link = await server.nextLink()
      link.ack()
      link.sayRaw(Buffer.from('null\f'.repeat(3)))
      await eventually(() => expect(refused()).toBe(time))
      server.close()
      await eventually(() => expect(missing()).toBe(time + 1))
    }
  })

  test('a server that says nothing is left after a while and tried again', async () => {
    const path = pathIn(directory)
    const server = scripted(path)
    const limits = { clientAckTimeoutMs: 20, ipcClientRetryMs: 5 }
    const { heard, log } = keptClient(path, { limits })
    await server.nextLink()
    await server.nextLink()
    expect(heard.slice(0, 3)).toEqual(['Connect', 'Disconnect', 'Connect'])
    // Each attempt connects: said once, like a server that is not there, until one says the Ack.
    const third = await server.nextLink()
    expect(log).toEqual(['[client] connected', expect.stringMatching(/^\[client\] not connected: .*5 ms$/)])
    third.ack()
    await eventually(() => expect(heard).toContain('Ack'))
    expect(log.slice(2)).toEqual(['[client] connected'])
  })

  test('disconnect sends what was handed over, tells once, and dials no more', async () => {
    const path = pathIn(directory)
    const { client, heard, commands, disconnected, log } = await pairAt(path)
    for (let n = 0; n < 1_000; n++)
      client.sendCommand({ commandName: 'CancelTask', data: `${n}${'x'.repeat(150)}` })
    client.disconnect()
    client.disconnect()
    expect(client).toMatchObject({ isConnected: false, isReady: false })
    expect(heard).toEqual(['Connect', 'Ack', 'Disconnect'])
    await eventually(() => expect(disconnected).toHaveLength(1))
    expect(commands).toHaveLength(1_000)
    expect(log).toEqual(['[client] connected', '[client] disconnected: by this program'])
    expect(client.sendCommand({ commandName: 'GetModes' })).toBe(false)
  })

  test('disconnect in a listener ends it there', async () => {
    const path = pathIn(directory)
    const { server, disconnected } = keptServer(path)
    server.listen()
    const { client, heard } = keptClient(path)
    client.on('Ack', () => client.disconnect())
    await eventually(() => expect(disconnected).toHaveLength(1))
    expect(heard).toEqual(['Connect', 'Ack', 'Disconnect'])
  })

  // bound: ipcClientHeldBytesMax
  test('as many bytes are held for a server as may be; past them a command is not sent', async () => {
    /** Whether a fourth command is sent, and what was held before it. */
    const fourth = async (ipcClientHeldBytesMax: number): Promise<[isSent: boolean, heldBytes: number]> => {
      const place = memoryTransport(100)
      const dialled: Link[] = []
      const transport: Transport = {
        listen: (options) => place.listen(options),
        connect(path, handlers) {
          const link = place.connect(path, handlers)
          dialled.push(link)
          return link
        },
      }
      const server = new ScriptedServer(transport, '/s')
      onTestFinished(() => server.close())
      const { client } = keptClient('/s', { transport, limits: { ipcClientHeldBytesMax } })
      const link = await server.nextLink()
      link.ack()
      await eventually(() => expect(client.isReady).toBe(true))
      link.link.pause()
      const command = { commandName: 'CancelTask', data: 'x'.repeat(100) } as const
      for (let n = 0; n < 3; n++) expect(client.sendCommand(command)).toBe(true)
      const heldBytes = dialled[0]?.heldBytes ?? 0
      return [client.sendCommand(command), heldBytes]
    }
    const [isSent, heldBytes] = await fourth(1_000_000)
    expect(isSent).toBe(true)
    expect(heldBytes).toBeGreaterThan(400)
    expect(await fourth(heldBytes)).toEqual([true, heldBytes])
    expect(await fourth(heldBytes - 1)).toEqual([false, heldBytes])
  })

  test('a server that does not read is told of, and the program does not grow', async () => {
    const path = pathIn(directory)
    const server = scripted(path)
    const { client, log } = keptClient(path, { limits: { ipcClientHeldBytesMax: 1_000_000 } })
    const link = await server.nextLink()
    link.ack()
    await eventually(() => expect(client.isReady).toBe(true))
    link.link.pause()
    let sent = 0
    while (client.sendCommand({ commandName: 'CancelTask', data: 'x'.repeat(199) }) && sent < 100_000) sent++
    expect(sent).toBeLessThan(10_000)
    expect(log.at(-1)).toContain('the server does not take what was sent before')
  })
})
