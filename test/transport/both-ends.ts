/**
 * Both ends of a link for tests of transports: a server that keeps what it accepted, clients, and bytes that show loss,
 * doubling and disorder.
 */
import { createHash } from 'node:crypto'
import { expect, vi } from 'vitest'
import type { Link, LinkHandlers, Listener, Transport } from '../../src/transport/transport.ts'
import { Recorder } from './recorder.ts'

/** Bytes that differ by place, so that loss, doubling and disorder all show. */
export function pattern(length: number, seed = 1): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Writes until something is held; gives how much was handed over. */
export function fill(link: Link, chunk: Buffer): number {
  for (let handed = chunk.length; ; handed += chunk.length) {
    if (!link.write(chunk)) return handed
    if (handed > 64 * 1024 * 1024) throw new Error('64 MiB left without anybody reading')
  }
}

/** A listener whose accepted links and their recorders are kept in order. */
export class Server {
  readonly links: Link[] = []
  readonly told: Recorder[] = []
  readonly errors: Error[] = []
  readonly listener: Listener

  constructor(transport: Transport, path: string, accept?: (link: Link) => LinkHandlers) {
    this.listener = transport.listen({
      path,
      accept: (link) => {
        this.links.push(link)
        if (accept !== undefined) return accept(link)
        const recorder = new Recorder()
        this.told.push(recorder)
        return recorder
      },
      error: (error) => this.errors.push(error),
    })
  }

  link(index = 0): Link {
    const link = this.links[index]
    if (link === undefined) throw new Error(`no link ${index}`)
    return link
  }

  recorder(index = 0): Recorder {
    const recorder = this.told[index]
    if (recorder === undefined) throw new Error(`no recorder ${index}`)
    return recorder
  }

  close(): void {
    this.listener.close()
    for (const link of this.links) link.destroy()
  }
}

export interface Client {
  readonly link: Link
  readonly told: Recorder
}

/** Connects and waits until both ends know. */
export async function open(transport: Transport, server: Server): Promise<Client> {
  const accepted = server.links.length
  const told = new Recorder()
  const link = transport.connect(server.listener.path, told)
  await vi.waitFor(() => {
    expect(told.opens).toBe(1)
    expect(server.links.length).toBeGreaterThan(accepted)
  })
  return { link, told }
}
