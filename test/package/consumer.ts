/**
 * A program of somebody else's, against the packed package: test/soak/package.test.ts compiles it strictly and runs it.
 * There the five entries are imported by the package's name.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createActor, createMachine } from 'xstate'
import {
  CallboardClient,
  CallboardError,
  IpcClient,
  IpcMessageType,
  IpcOrigin,
  IpcServer,
} from '../../src/package/callboard.ts'
import { RooCodeEventName, TaskCommandName } from '../../src/package/callboard.ts'
import type { Ack, Client, IpcMessage, IpcServerOptions } from '../../src/package/callboard.ts'
import type { Status, Task, TaskCommand, TaskEvent } from '../../src/package/callboard.ts'
import { inspectTo } from '../../src/package/inspect.ts'
import type { InspectTo } from '../../src/package/inspect.ts'
import { connectionMachine } from '../../src/package/machines.ts'
import * as seed from '../../src/package/seed.ts'
import { UnfinishedFrames, canonicalCodec } from '../../src/package/wire.ts'
import type { ServerMessage } from '../../src/package/wire.ts'

const directory = mkdtempSync(join(tmpdir(), 'callboard-consumer-'))
process.on('exit', () => rmSync(directory, { recursive: true, force: true }))

function settled<T>(start: (settle: (value: T) => void) => void): Promise<T> {
  return new Promise<T>((resolve) => {
    start(resolve)
  })
}

async function roo(): Promise<void> {
  const path = join(directory, 'roo.sock')
  const options: IpcServerOptions = { limits: { connectionsMax: 10 } }
  const server = new IpcServer(path, () => {}, options)
  server.on(IpcMessageType.TaskCommand, (clientId: string, command: TaskCommand) => {
    switch (command.commandName) {
      case TaskCommandName.StartNewTask: {
        const text: string = command.data.text
        const message: IpcMessage = {
          type: IpcMessageType.TaskEvent,
          origin: IpcOrigin.Server,
          data: { eventName: RooCodeEventName.TaskStarted, payload: [text] },
        }
        server.send(clientId, message)
        break
      }
      case 'CancelTask': {
        const id: string | undefined = command.data
        server.broadcast({
          type: 'TaskEvent',
          origin: 'server',
          data: { eventName: 'taskAborted', payload: [id ?? ''] },
        })
        break
      }
      default:
        break
    }
  })
  server.listen()
  const client = new IpcClient(path, () => {})
  const ack = await settled<Ack>((settle) => client.once('Ack', settle))
  const events: TaskEvent[] = []
  const aborted = settled<void>((settle) => {
    client.on('TaskEvent', (event) => {
      events.push(event)
      if (event.eventName === 'message') console.log(event.payload[0].message.say)
      if (event.eventName === RooCodeEventName.TaskAborted) settle()
    })
  })
  client.sendCommand({ commandName: 'StartNewTask', data: { text: 'hello' } })
  // @ts-expect-error A task's id is a string.
  const wrong: Parameters<typeof client.sendCommand>[0] = { commandName: 'ResumeTask', data: 1 }
  void wrong
  client.sendCommand({ commandName: TaskCommandName.CancelTask, data: 't1' })
  await aborted
  if (ack.clientId.length !== 12 || events.length !== 2) throw new Error('roo')
  client.disconnect()
  await server.close()
  if (existsSync(path)) throw new Error('the socket is left')
}

async function ofSeed(): Promise<void> {
  const path = join(directory, 'seed.sock')
  const server = new seed.IpcServer(path, () => {})
  server.on('TaskCommand', (clientId, command) => {
    if (command.commandName !== 'CancelTask') return
    const taskId: string = command.data
    const data: seed.TaskEvent = { type: 'TaskAborted', taskId, timestamp: Date.now() }
    server.send(clientId, { type: seed.IpcMessageType.TaskEvent, origin: seed.IpcOrigin.Server, data })
  })
  server.listen()
  const client = new seed.IpcClient(path, () => {})
  await settled<seed.Ack>((settle) => client.once('Ack', settle))
  const event = settled<seed.TaskEvent>((settle) => client.once('TaskEvent', settle))
  client.sendCommand({ commandName: 'CancelTask', data: 't1' })
  if ((await event).type !== 'TaskAborted') throw new Error('seed')
  client.disconnect()
  await server.close()
}

function wire(): void {
  const message: ServerMessage = { type: 'Ack', origin: 'server', data: { clientId: 'c', pid: 1, ppid: 1 } }
  const frame = canonicalCodec.encodeToClient(message)
  const decoder = canonicalCodec.decodeFromServer({
    unfinished: new UnfinishedFrames(),
    now: () => 0,
    broken: () => {},
  })
  const { items } = decoder.push(frame ?? Buffer.alloc(0))
  if (items[0]?.ok !== true || items[0].message.type !== 'Ack') throw new Error('wire')
}

function machines(): void {
  const actor = createActor(connectionMachine, { input: { id: 'x', ackTimeoutMs: 1, drainTimeoutMs: 1 } })
  actor.start()
  actor.send({ type: 'admission.granted' })
  if (actor.getSnapshot().value !== 'awaitingAck') throw new Error('machines')
  actor.stop()
}

/** A machine of its own, where no daemon is: nothing is said, and the program ends though nothing is ended here. */
function inspect(): void {
  const light = createMachine({
    id: 'light',
    initial: 'green',
    states: { green: { on: { change: 'red' } }, red: { on: { change: 'green' } } },
  })
  const socketPath = join(directory, 'nobody.sock')
  const observer: InspectTo = inspectTo({ namespace: 'lights', socketPath, reportMs: 1, retryMs: 1 })
  const actor = createActor(light, { inspect: observer }).start()
  for (let count = 0; count < 1_001; count++) actor.send({ type: 'change' })
  if (actor.getSnapshot().value !== 'red') throw new Error('inspect')
}

/** What a program names of what it is answered. */
export async function looked(client: CallboardClient): Promise<[Task[], Client[], Status]> {
  return await Promise.all([client.listTasks(), client.listClients(), client.getStatus()])
}

async function nobody(): Promise<void> {
  const client = new CallboardClient({ socketPath: join(directory, 'nobody.sock'), attemptsMax: 1 })
  const error: unknown = await client.connect().catch((error: unknown) => error)
  if (!(error instanceof CallboardError) || error.code !== 'unreachable') throw new Error('callboard')
}

await roo()
await ofSeed()
wire()
machines()
inspect()
await nobody()
console.log('all five entries work')
