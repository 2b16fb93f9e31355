/** A client over the memory transport: it sends what its test says and keeps what comes. */
import type { MemoryLink, MemoryTransport } from '../../src/transport/memory.ts'
import type { Codec } from '../../src/wire/codec.ts'
import type { TaskCommandInput } from '../../src/wire/commands.ts'
import type { Ack, EventMessage, Hello, HelloResult, Reply, ServerMessage } from '../../src/wire/envelope.ts'
import type { RejectionCode } from '../../src/wire/rejection.ts'
import { UnfinishedFrames } from '../../src/wire/unfinished.ts'
import { until } from './turns.ts'

export class MemoryClient {
  readonly link: MemoryLink
  readonly codec: Codec
  readonly messages: ServerMessage[] = []
  closed = false
  /** Before the numbers of its requests. */
  prefix = 'r'
  #requests = 0

  constructor(transport: MemoryTransport, path: string, codec: Codec) {
    this.codec = codec
    const decoder = codec.decodeFromServer({
      unfinished: new UnfinishedFrames(),
      now: () => 0,
      broken: (reason) => {
        throw new Error(reason.message)
      },
    })
    this.link = transport.connect(path, {
      opened: () => {},
      data: (chunk) => {
        for (const item of decoder.push(chunk).items) {
          if (!item.ok) throw new Error(`${item.refusal.rejection.message} ${item.refusal.excerpt}`)
          this.messages.push(item.message)
        }
      },
      drained: () => {},
      // As node-ipc clients do: no half-open links.
      ended: () => {
        this.closed = true
        this.link.destroy()
      },
      closed: () => {
        this.closed = true
      },
    })
  }

  async ready(): Promise<this> {
    await until(() => this.messages.length > 0 || this.closed, 'an Ack')
    return this
  }

  get ack(): Ack['data'] {
    const first = this.messages[0]
    if (first?.type !== 'Ack') throw new Error('no Ack')
    return first.data
  }

  get clientId(): string {
    return this.ack.clientId
  }

  /** Sends several commands in one write. */
  send(...commands: (TaskCommandInput & { requestId?: string; clientId?: string })[]): void {
    const frames = commands.map(({ requestId, clientId, ...data }) =>
      this.codec.framing.wrap(
        JSON.stringify({ type: 'TaskCommand', origin: 'client', clientId, requestId, data }),
      ),
    )
    this.link.write(Buffer.from(frames.join('')))
  }

  async request(
    command: TaskCommandInput,
    requestId = `${this.prefix}${++this.#requests}`,
  ): Promise<Reply['data']> {
    this.send({ ...command, requestId })
    return this.reply(requestId)
  }

  /** The result of a request that is not refused. */
  async ask<T = Record<string, unknown>>(command: TaskCommandInput): Promise<T> {
    const reply = await this.request(command)
    if (!reply.ok) throw new Error(`${reply.error.code}: ${reply.error.message}`)
    return reply.result as T
  }

  /** The code of the refusal of a request. */
  async refusal(command: TaskCommandInput): Promise<RejectionCode | undefined> {
    const reply = await this.request(command)
    return reply.ok ? undefined : reply.error.code
  }

  async start(text = 'prompt', callboard: Record<string, unknown> = { command: ['x'] }): Promise<string> {
    const command = { commandName: 'StartNewTask' as const, data: { text, configuration: { callboard } } }
    return (await this.ask<{ taskId: string }>(command)).taskId
  }

  async hello(data: Partial<Hello['data']> = {}): Promise<Reply['data']> {
    const hello = { protocol: 1, client: { name: 'test', version: '1' }, ...data }
    this.link.write(this.codec.encodeToServer({ type: 'Hello', origin: 'client', data: hello }))
    return this.reply('hello')
  }

  async greet(data: Partial<Hello['data']> = {}): Promise<HelloResult> {
    const reply = await this.hello(data)
    if (!reply.ok) throw new Error(reply.error.message)
    return reply.result as HelloResult
  }

  async reply(requestId: string): Promise<Reply['data']> {
    const find = (): Reply | undefined =>
      this.messages.findLast((one): one is Reply => one.type === 'Reply' && one.requestId === requestId)
    await until(() => find() !== undefined || this.closed, `a Reply to ${requestId}`)
    const reply = find()
    if (reply === undefined) throw new Error('closed instead of answered')
    return reply.data
  }

  /** Forgets what has come, but for the Ack. */
  forget(): void {
    this.messages.length = 1
  }

  events(task?: string): EventMessage[] {
    const events = this.messages.filter((one): one is EventMessage => one.type === 'TaskEvent')
    return task === undefined ? events : events.filter((one) => one.task === task)
  }

  /** Events as words: a message by its say or ask. */
  told(task?: string): string[] {
    return this.events(task).map(({ data }) => {
      if (data.eventName !== 'message') return data.eventName
      const { say, ask, type } = data.payload[0].message
      return `${type}:${say ?? ask}`
    })
  }

  async hears(word: string, task?: string): Promise<void> {
    await until(() => this.told(task).includes(word), `${word}, but ${this.told(task).join(' ')}`)
  }
}
