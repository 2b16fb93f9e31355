/** A scripted server and clients of it, all ended after the test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import type { CallboardClientOptions } from '../../src/client/callboard-client.ts'
import { memoryTransport } from '../../src/transport/memory.ts'
import { nodeIpcTransport } from '../../src/transport/node-ipc.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { ScriptedServer } from './scripted-server.ts'
import type { ScriptedLink } from './scripted-server.ts'

export interface Place {
  readonly transport: Transport
  readonly path: string
}

export const places: readonly (readonly [string, () => Place])[] = [
  ['memory', memoryPlace],
  ['node-ipc', socketPlace],
]

export function memoryPlace(bufferBytes?: number): Place {
  return { transport: memoryTransport(bufferBytes), path: '/memory/callboard.sock' }
}

export function socketPlace(): Place {
  const directory = mkdtempSync(join(tmpdir(), 'callboard-client-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return { transport: nodeIpcTransport, path: join(directory, 'callboard.sock') }
}

export function serverAt({ transport, path }: Place): ScriptedServer {
  const server = new ScriptedServer(transport, path)
  onTestFinished(() => server.close())
  return server
}

/** A client that comes back within a millisecond, but for what the test gives. */
export function clientOf(place: Place, options: Partial<CallboardClientOptions> = {}): CallboardClient {
  const limits = { reconnectFirstMs: 1, reconnectLastMs: 2, ...options.limits }
  const client = new CallboardClient({
    socketPath: place.path,
    transport: place.transport,
    ...options,
    limits,
  })
  onTestFinished(() => client.close())
  return client
}

/** Both ends, connected. */
export async function connected(
  place: Place = memoryPlace(),
  options: Partial<CallboardClientOptions> = {},
): Promise<{ server: ScriptedServer; client: CallboardClient; link: ScriptedLink }> {
  const server = serverAt(place)
  const client = clientOf(place, options)
  const ready = client.connect()
  const link = await server.nextLink()
  await link.welcome()
  await ready
  return { server, client, link }
}

/** What a promise failed with. */
export function failed(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => error,
  )
}
