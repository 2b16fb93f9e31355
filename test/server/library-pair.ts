/** The library's two ends in a test's own directory, with what they logged; both are ended after the test. */
import { join } from 'node:path'
import { expect, onTestFinished, vi } from 'vitest'
import { IpcClient } from '../../src/client/ipc-client.ts'
import type { IpcClientOptions } from '../../src/client/dialect-client.ts'
import { IpcServer } from '../../src/server/ipc-server.ts'
import type { IpcServerOptions } from '../../src/server/dialect-server.ts'
import type { TaskCommand, TaskEvent } from '../../src/wire/library/roo.ts'

const patience = { timeout: 10_000, interval: 2 }
let numbered = 0

/** A socket path that no other test uses. */
export function pathIn(directory: string): string {
  numbered += 1
  return join(directory, `${numbered}.sock`)
}

export interface KeptServer {
  readonly server: IpcServer
  readonly connected: string[]
  readonly disconnected: string[]
  readonly commands: { readonly clientId: string; readonly command: TaskCommand }[]
  readonly log: string[]
}

/** A server that keeps what it is told; it does not listen yet. */
export function keptServer(path: string, options: IpcServerOptions = {}): KeptServer {
  const log: string[] = []
  const server = new IpcServer(path, (...args) => log.push(args.join(' ')), options)
  onTestFinished(() => server.close())
  const kept: KeptServer = { server, connected: [], disconnected: [], commands: [], log }
  server.on('Connect', (clientId) => kept.connected.push(clientId))
  server.on('Disconnect', (clientId) => kept.disconnected.push(clientId))
  server.on('TaskCommand', (clientId, command) => kept.commands.push({ clientId, command }))
  return kept
}

export interface KeptClient {
  readonly client: IpcClient
  /** `Connect`, `Ack` …, and the names of task events. */
  readonly heard: string[]
  readonly events: TaskEvent[]
  readonly log: string[]
}

export function keptClient(path: string, options: IpcClientOptions = {}): KeptClient {
  const log: string[] = []
  const client = new IpcClient(path, (...args) => log.push(args.join(' ')), options)
  onTestFinished(() => client.disconnect())
  const kept: KeptClient = { client, heard: [], events: [], log }
  client.on('Connect', () => kept.heard.push('Connect'))
  client.on('Disconnect', () => kept.heard.push('Disconnect'))
  client.on('Ack', () => kept.heard.push('Ack'))
  client.on('TaskEvent', (event) => {
    kept.events.push(event)
    kept.heard.push(event.eventName)
  })
  return kept
}

/** A listening server and a ready client. */
export async function pairAt(path: string): Promise<KeptServer & KeptClient & { readonly logs: string[] }> {
  const server = keptServer(path)
  server.server.listen()
  const client = keptClient(path)
  await eventually(() => expect(client.client.isReady).toBe(true))
  return { ...server, ...client, logs: server.log }
}

/** Waits until `look` throws no more, and gives what it gives. */
export async function eventually<T>(look: () => T): Promise<T> {
  return await vi.waitFor(look, patience)
}

export function started(taskId: string): {
  type: 'TaskEvent'
  origin: 'server'
  data: { eventName: 'taskStarted'; payload: [string] }
} {
  return { type: 'TaskEvent', origin: 'server', data: { eventName: 'taskStarted', payload: [taskId] } }
}
