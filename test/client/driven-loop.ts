/** An events() loop that a test drives by hand, and what a scripted server says to it. */
import { vi } from 'vitest'
import type { EventGap, EventStream } from '../../src/client/callboard-client.ts'
import type { EventMessage, Gap } from '../../src/wire/envelope.ts'
import { event } from './scripted-server.ts'
import type { ScriptedLink } from './scripted-server.ts'

/** A loop that the test drives by hand. */
export function reader(stream: EventStream): {
  take(count: number): Promise<unknown[]>
  next(): Promise<unknown>
  stop(): Promise<unknown>
} {
  const iterator = stream[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const { done, value } = await iterator.next()
    return done === true ? 'done' : said(value)
  }
  return {
    next,
    stop: async () => iterator.return?.(),
    take: async (count) => {
      const taken: unknown[] = []
      while (taken.length < count) taken.push(await next())
      return taken
    },
  }
}

export function said(message: EventMessage | EventGap): unknown {
  return message.type === 'Gap' ? message.data : (message.seq ?? message.data.eventName)
}

export function gap(from: number, firstAvailable: number): Gap {
  return { type: 'Gap', origin: 'server', data: { from, firstAvailable } }
}

export function events(from: number, to: number, text = ''): EventMessage[] {
  return Array.from({ length: to - from + 1 }, (_, index) => event(from + index, 't1', text))
}

/** Answers a ListClients: so many bytes are still to be sent to `clientId`. */
export function sayLag(link: ScriptedLink, requestId: string, lagBytes: number, clientId = 'c1'): void {
  const common = { listener: '/l', framing: 'node-ipc', vocabulary: 'roo', role: 'client', native: true }
  const client = { ...common, state: 'ready', since: 0, subscription: 'all', refusedFrames: 0 }
  const clients = [
    { ...client, clientId: 'other', lagBytes: 9 },
    { ...client, clientId, lagBytes },
  ]
  link.reply(requestId, { clients })
}

/** A round trip: whatever was said before has been read. */
export async function settled(link: ScriptedLink, ask: () => Promise<unknown>): Promise<void> {
  const asked = ask()
  link.reply((await link.command('ListTasks')).requestId, { tasks: [] })
  await asked
}

/** What the server still holds once nothing moves any more: the client has stopped reading. */
export async function heldAtRest(link: ScriptedLink): Promise<number> {
  let before = -1
  return vi.waitFor(() => {
    const now = link.link.heldBytes
    const moving = now !== before
    before = now
    if (moving) throw new Error('still moving')
    return now
  })
}
