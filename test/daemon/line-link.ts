/**
 * A bare socket that speaks the framing `lines` by hand. Nothing of src is used, so that the daemon's codec does not
 * grade itself.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { vi } from 'vitest'

const patience = { timeout: 15_000, interval: 5 }

export interface LineMessage {
  readonly type: string
  readonly origin: string
  readonly clientId?: string
  readonly client_id?: string
  readonly requestId?: string
  readonly data: Readonly<Record<string, unknown>>
}

export class LineLink implements AsyncDisposable {
  readonly socket: Socket
  /** What each read brought. */
  readonly chunks: string[] = []
  readonly messages: LineMessage[] = []
  isClosed = false
  #rest = ''

  private constructor(path: string) {
    this.socket = connect(path)
    this.socket.setEncoding('utf8')
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isClosed = true
    })
    this.socket.on('data', (text: string) => {
      this.chunks.push(text)
      const lines = (this.#rest + text).split('\n')
      this.#rest = lines.pop() ?? ''
      this.messages.push(...lines.map((line): LineMessage => JSON.parse(line)))
    })
  }

  /** Connects and waits for the Ack. */
  static async open(path: string): Promise<LineLink> {
    const link = new LineLink(path)
    await link.find((message) => message.type === 'Ack')
    return link
  }

  get clientId(): unknown {
    return this.messages[0]?.data['clientId']
  }

  /** What the events so far carry, in order. */
  get events(): LineMessage['data'][] {
    return this.messages.filter(({ type }) => type === 'TaskEvent').map(({ data }) => data)
  }

  write(bytes: string): void {
    this.socket.write(bytes)
  }

  send(message: unknown): void {
    this.write(`${JSON.stringify(message)}\n`)
  }

  async find(wanted: (message: LineMessage) => boolean): Promise<LineMessage> {
    return await vi.waitFor(() => {
      const found = this.messages.find(wanted)
      if (found === undefined) throw new Error(`not yet: ${JSON.stringify(this.messages.slice(-5))}`)
      return found
    }, patience)
  }

  /** Waits for the event of this type or name. */
  async event(name: string): Promise<LineMessage['data']> {
    const { data } = await this.find(({ data }) => data['type'] === name || data['eventName'] === name)
    return data
  }

  async reply(requestId: string): Promise<LineMessage['data']> {
    const { data } = await this.find((message) => message.type === 'Reply' && message.requestId === requestId)
    return data
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
}
