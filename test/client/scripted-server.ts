/**
 * The server's end of a link as a test's script: it says what the test says, and keeps what the client says until the
 * test asks for it. Made of the codec and a transport alone; it knows no protocol.
 */
import { randomBytes } from 'node:crypto'
import { vi } from 'vitest'
import type { Link, Listener, Transport } from '../../src/transport/transport.ts'
import { canonicalCodec } from '../../src/wire/codec.ts'
import type { TaskCommandName } from '../../src/wire/commands.ts'
import type {
  ClientMessage,
  CommandMessage,
  EventMessage,
  Hello,
  HelloResult,
} from '../../src/wire/envelope.ts'
import type { ServerMessage, SubscribeResult } from '../../src/wire/envelope.ts'
import type { Rejection } from '../../src/wire/rejection.ts'
import { UnfinishedFrames } from '../../src/wire/unfinished.ts'

export const epoch = 'journal-a.1'

/** An event of the journal. */
export function event(seq: number, task = 't1', text = ''): EventMessage {
  const message = { ts: seq, type: 'say', say: 'text', text } as const
  return {
    type: 'TaskEvent',
    origin: 'server',
    seq,
    task,
    data: { eventName: 'message', payload: [{ taskId: task, action: 'created', message }] },
  }
}

export class ScriptedLink {
  readonly link: Link
  readonly received: ClientMessage[] = []
  closed = false
  #taken = new Set<ClientMessage>()

  constructor(link: Link) {
    this.link = link
  }

  say(...messages: ServerMessage[]): void {
    this.sayRaw(
      Buffer.concat(messages.map((message) => canonicalCodec.encodeToClient(message) ?? Buffer.alloc(0))),
    )
  }

  sayRaw(bytes: Buffer): void {
    this.link.write(bytes)
  }

  ack(protocol: { name: string; version: number } | undefined = { name: 'callboard', version: 1 }): void {
    const data = { clientId: randomBytes(6).toString('hex'), pid: 4242, ppid: 1 }
    const said = protocol === undefined ? data : { ...data, protocol, epoch, head: 0 }
    this.say({ type: 'Ack', origin: 'server', data: said })
  }

  reply(requestId: string, result: unknown): void {
    this.say({ type: 'Reply', origin: 'server', requestId, data: { ok: true, result } })
  }

  refuse(requestId: string, error: Rejection): void {
    this.say({ type: 'Reply', origin: 'server', requestId, data: { ok: false, error } })
  }

  /** Ack, and the answer to the Hello that comes. */
  async welcome(result: Partial<HelloResult> = {}): Promise<Hello> {
    this.ack()
    const hello = await this.hello()
    const greeting = { protocol: 1, clientId: 'c1', sessionId: 's1', epoch, head: 0 }
    this.reply('hello', { ...greeting, ...result })
    return hello
  }

  async hello(): Promise<Hello> {
    const message = await this.#take((one) => one.type === 'Hello')
    if (message.type !== 'Hello') throw new Error('not a Hello')
    return message
  }

  /** The next command of that name that was not taken yet. */
  async command(name: TaskCommandName): Promise<CommandMessage & { requestId: string }> {
    const message = await this.#take((one) => one.type === 'TaskCommand' && one.data.commandName === name)
    if (message.type !== 'TaskCommand') throw new Error('not a command')
    return { ...message, requestId: message.requestId ?? '' }
  }

  /** Answers the Subscribe that comes. Returns what it asked for. */
  async subscribed(result: Partial<SubscribeResult> = {}): Promise<CommandMessage['data']> {
    const { requestId, data } = await this.command('Subscribe')
    this.reply(requestId, { after: 0, head: 0, ...result })
    return data
  }

  names(): string[] {
    return this.received.map((one) => (one.type === 'Hello' ? 'Hello' : one.data.commandName))
  }

  async #take(wanted: (message: ClientMessage) => boolean): Promise<ClientMessage> {
    return vi.waitFor(
      () => {
        const found = this.received.find((one) => !this.#taken.has(one) && wanted(one))
        if (found === undefined) throw new Error(`not received; there came ${this.names().join(' ')}`)
        this.#taken.add(found)
        return found
      },
      { interval: 1 },
    )
  }
}

export class ScriptedServer {
  readonly links: ScriptedLink[] = []
  readonly path: string
  readonly #listener: Listener
  #given = 0

  constructor(transport: Transport, path: string) {
    this.path = path
    this.#listener = transport.listen({
      path,
      accept: (link) => this.#accept(link),
      error: (error) => {
        throw error
      },
    })
  }

  /** The next link that was accepted and not given yet. */
  async nextLink(): Promise<ScriptedLink> {
    const link = await vi.waitFor(
      () => {
        const found = this.links[this.#given]
        if (found === undefined) throw new Error('no link came')
        return found
      },
      { interval: 1 },
    )
    this.#given += 1
    return link
  }

  close(): void {
    this.#listener.close()
    for (const { link } of this.links) link.destroy()
  }

  #accept(link: Link): ReturnType<Parameters<Transport['listen']>[0]['accept']> {
    const scripted = new ScriptedLink(link)
    this.links.push(scripted)
    const decoder = canonicalCodec.decodeFromClients({
      unfinished: new UnfinishedFrames(),
      now: () => 0,
      broken: () => link.destroy(),
    })
    return {
      data: (chunk) => {
        for (const item of decoder.push(chunk).items) {
          if (!item.ok) throw new Error(`The client sent what is no frame: ${item.refusal.rejection.message}`)
          scripted.received.push(item.message)
        }
      },
      drained: () => {},
      ended: () => link.end(),
      closed: () => {
        scripted.closed = true
      },
    }
  }
}
