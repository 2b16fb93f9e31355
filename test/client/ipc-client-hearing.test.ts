/** What the library's client hears, and what it says of what it does not understand. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { IPCModule } from 'node-ipc-12'
import { scratchDirectory } from '../transport/scratch-directory.ts'
import { limits } from '../../src/limits.ts'
import { nodeIpcTransport } from '../../src/transport/node-ipc.ts'
import { eventually, keptClient, pathIn, started } from '../server/library-pair.ts'
import { published115 } from '../wire/vocabulary/published.ts'
import { ScriptedServer } from './scripted-server.ts'

const directory = scratchDirectory()

function scripted(path: string): ScriptedServer {
  const server = new ScriptedServer(nodeIpcTransport, path)
  onTestFinished(() => server.close())
  return server
}

/** A client that has had its Ack, and the server's end of its link. */
async function acknowledged() {
  const path = pathIn(directory)
  const server = scripted(path)
  const { client, events, log } = keptClient(path)
  const link = await server.nextLink()
  link.ack()
  await eventually(() => expect(client.isReady).toBe(true))
  return { link, events, log }
}

const foreign = { type: 'Ack', origin: 'Server', data: { clientId: 'x', pid: 1, ppid: 1 } }

describe('what it hears', () => {
  test('events reach it as the published shapes; what it does not understand is logged and left', async () => {
    const { link, events, log } = await acknowledged()
    link.sayRaw(Buffer.from('null\f{"type":"Ack"}\f{"type":"message","data":{"type":"Ack"}}\f'))
    link.say({ ...started('a'), seq: 7, task: 'a' })
    link.say({
      type: 'TaskEvent',
      origin: 'server',
      data: { eventName: 'taskExited', payload: ['a', { code: 0 }] },
    })
    link.reply('r1', {})
    link.say(started('b'))
    await eventually(() => expect(events).toHaveLength(2))
    expect(events).toEqual([
      { eventName: 'taskStarted', payload: ['a'] },
      { eventName: 'taskStarted', payload: ['b'] },
    ])
    expect(log.filter((line) => line.startsWith('[client] message not understood'))).toHaveLength(3)
  })

  test('a server of the other vocabulary is named', async () => {
    const path = pathIn(directory)
    const server = scripted(path)
    const { client, log } = keptClient(path)
    const link = await server.nextLink()
    link.sayRaw(Buffer.from(`${JSON.stringify({ type: 'message', data: foreign })}\f`))
    await eventually(() => expect(log.at(-1)).toMatch(/^\[client\] message not understood: .*origin/))
    expect(client).toMatchObject({ isConnected: true, isReady: false })
  })

  // bound: refusalLogBurst
  test('what it does not understand is logged up to the bound, whose last line says so', async () => {
    const { link, events, log } = await acknowledged()
    const refused = (): string[] => log.filter((line) => line.includes('not understood'))
    link.sayRaw(Buffer.from('null\f'.repeat(limits.refusalLogBurst - 1)))
    link.say(started('a'))
    await eventually(() => expect(events).toHaveLength(1))
    expect(refused()).toHaveLength(limits.refusalLogBurst - 1)
    expect(refused().join()).not.toContain('further ones')
    link.sayRaw(Buffer.from('null\fnull\f'))
    link.say(started('b'))
    await eventually(() => expect(events).toHaveLength(2))
    expect(refused()).toHaveLength(limits.refusalLogBurst)
    expect(refused().at(-1)).toContain('further ones are not logged')
  })

  test('a server that says nothing but nonsense is not logged for ever', async () => {
    const { link, events, log } = await acknowledged()
    link.sayRaw(Buffer.from('null\f'.repeat(5_000)))
    link.say(started('end'))
    await eventually(() => expect(events).toHaveLength(1))
    expect(log.length).toBeLessThan(15)
    expect(log.at(-1)).toContain('further ones are not logged')
  })
})

describe('against a node-ipc 12 server', () => {
  test('it is acknowledged, commands, and hears', async () => {
    const path = pathIn(directory)
    const ipc = new IPCModule()
    ipc.config.silent = true
    const heard: unknown[] = []
    ipc.serve(path, () => {
      ipc.server.on('connect', (socket) => {
        const data = { clientId: 'a3f7b9c2d1e4', pid: 4242, ppid: 1 }
        ipc.server.emit(socket, 'message', { type: 'Ack', origin: 'server', data })
      })
      ipc.server.on('message', (message, socket) => {
        heard.push(published115.parse(message))
        for (let n = 0; n < 100; n++) ipc.server.emit(socket, 'message', started(`t${n}`))
        ipc.server.broadcast('message', started('all'))
      })
    })
    ipc.server.start()
    onTestFinished(() => ipc.server.stop())
    const { client, events } = keptClient(path)
    await eventually(() => expect(client.clientId).toBe('a3f7b9c2d1e4'))
    client.sendCommand({ commandName: 'StartNewTask', data: { text: 'hello', configuration: {} } })
    await eventually(() => expect(events).toHaveLength(101))
    expect(heard).toEqual([
      {
        type: 'TaskCommand',
        origin: 'client',
        clientId: 'a3f7b9c2d1e4',
        data: { commandName: 'StartNewTask', data: { text: 'hello', configuration: {} } },
      },
    ])
    expect(events.at(-1)).toEqual({ eventName: 'taskStarted', payload: ['all'] })
  })
})
