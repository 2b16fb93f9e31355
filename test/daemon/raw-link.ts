/**
 * A bare socket that speaks node-ipc framing by hand, for tests of what arrives byte by byte. Nothing of src is used,
 * so that the daemon's codec does not grade itself.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { vi } from 'vitest'

const patience = { timeout: 15_000, interval: 5 }

export interface Received {
  readonly type?: string
  readonly requestId?: string
  readonly seq?: number
  readonly task?: string
  readonly at?: number
  readonly by?: string
  readonly causedBy?: string
  readonly data?: {
    readonly clientId?: string
    readonly eventName?: string
    readonly payload?: readonly unknown[]
    readonly ok?: boolean
    readonly result?: unknown
    readonly error?: { readonly code: string; readonly message: string }
  }
}

export class RawLink implements AsyncDisposable {
  readonly socket: Socket
  /** Every message received, in order, out of its outer envelope. */
  readonly messages: Received[] = []
  isClosed = false
  /** Pieces of the frame that has not ended. */
  #rest: string[] = []
  #requests = 0

  constructor(path: string) {
    this.socket = connect(path)
    this.socket.setEncoding('utf8')
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isClosed = true
    })
    this.socket.on('data', (text: string) => this.#receive(text))
  }

  /** Connects and waits for the Ack. */
  static async open(path: string): Promise<RawLink> {
    const link = new RawLink(path)
    await vi.waitFor(() => {
      if (link.messages[0]?.type !== 'Ack') throw new Error('no Ack yet')
    }, patience)
    return link
  }

  get clientId(): string {
    return this.messages[0]?.data?.clientId ?? ''
  }

  /** Names of the events received, in order; of one task where given. */
  events(task?: string): string[] {
    return this.messages
      .filter((message) => message.type === 'TaskEvent' && (task === undefined || message.task === task))
      .map((message) => message.data?.eventName ?? '')
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  send(message: unknown): void {
    this.write(`${JSON.stringify({ type: 'message', data: message })}\f`)
  }

  command(commandName: string, data?: unknown, more: object = {}): void {
    this.send({
      type: 'TaskCommand',
      origin: 'client',
      data: { commandName, ...(data === undefined ? {} : { data }) },
      ...more,
    })
  }

  /** Sends a command with a requestId and waits for its Reply's data. */
  async request(commandName: string, data?: unknown): Promise<NonNullable<Received['data']>> {
    const requestId = `raw-${++this.#requests}`
    this.command(commandName, data, { requestId })
    return await this.reply(requestId)
  }

  async reply(requestId: string): Promise<NonNullable<Received['data']>> {
    return await vi.waitFor(() => {
      const reply = this.messages.find(
        (message) => message.type === 'Reply' && message.requestId === requestId,
      )
      if (reply?.data === undefined) throw new Error(`no Reply to ${requestId} yet`)
      return reply.data
    }, patience)
  }

  async hello(more: object = {}): Promise<NonNullable<Received['data']>> {
    this.send({
      type: 'Hello',
      origin: 'client',
      data: { protocol: 1, client: { name: 'raw', version: '0' }, ...more },
    })
    return await this.reply('hello')
  }

  async closed(): Promise<void> {
    await vi.waitFor(() => {
      if (!this.isClosed) throw new Error('still open')
    }, patience)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    return Promise.resolve()
  }

  #receive(text: string): void {
    const frames = text.split('\f')
    if (frames.length === 1) {
      this.#rest.push(text)
      return
    }
    frames[0] = this.#rest.join('') + (frames[0] ?? '')
    this.#rest = [frames.pop() ?? '']
    for (const frame of frames) {
      const outer: { readonly data: Received } = JSON.parse(frame)
      this.messages.push(outer.data)
    }
  }
}
