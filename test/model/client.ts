/**
 * One client of the model: a socket that speaks the protocol by hand, with a session that it takes up again after every
 * loss of its link. What was not answered is sent again under its requestId. Nothing of src is used.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface ReplyData {
  readonly ok: boolean
  readonly result?: unknown
  readonly error?: { readonly code: string; readonly message: string; readonly details?: unknown }
}

/** A message of the daemon, as far as it is looked at. */
export interface Received {
  readonly type?: string
  readonly requestId?: string
  readonly seq?: number
  readonly data?: ReplyData & { readonly clientId?: string }
}

/** A request, from its first sending to its answers. */
export interface Sent {
  readonly key: string
  readonly frame: string
  readonly sentAt: number
  /** How often it was sent on purpose, each time to be answered. */
  readonly times: number
  readonly answers: ReplyData[]
  answeredAt: number
  readonly answered: Promise<void>
  settle(): void
}

export interface ClientOptions {
  readonly path: string
  readonly name: string
  /** More of its Hello. */
  readonly more?: object
  /** Whether it takes its session up again. */
  readonly resumes: boolean
  /** One clock for all clients. */
  readonly tick: () => number
}

interface Greeting {
  readonly clientId: string
  readonly sessionId: string
  readonly epoch: string
  readonly head: number
  readonly resumed?: boolean
  readonly gap?: unknown
}

export class ModelClient {
  /** Every link's. */
  readonly clientIds: string[] = []
  /** Events as they came, by sequence. */
  readonly events = new Map<number, string>()
  /** What it should never have been told. */
  readonly faults: string[] = []
  readonly #options: ClientOptions
  readonly #requests = new Map<string, Sent>()
  #socket: Socket | undefined
  /** Before that nothing else may be sent: it would be another session's. */
  #isGreeted = false
  #onReplay: (() => void) | undefined
  #greeting: Greeting | undefined
  #last = 0

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Connects and says Hello; resolves when that is answered and what waited has been sent again. */
  async dial(): Promise<void> {
    const { path, name, more, resumes } = this.#options
    const earlier = this.#greeting
    const resume =
      resumes && earlier !== undefined
        ? { resume: { sessionId: earlier.sessionId, epoch: earlier.epoch, after: this.#last } }
        : {}
    const socket = connect(path)
    this.#socket = socket
    const greeted = Promise.withResolvers<Greeting>()
    let isGreeted = false
    socket.on('error', (error) => greeted.reject(error))
    socket.on('close', () => greeted.reject(new Error(`${name}: closed before it was greeted`)))
    readFrames(socket, (message) => {
      if (isGreeted) return this.#take(message)
      if (message.requestId !== 'hello') return
      isGreeted = true
      greeted.resolve(message.data?.result as Greeting)
    })
    const data = { protocol: 1, client: { name, version: '1' }, ...more, ...resume }
    socket.write(framed({ type: 'Hello', origin: 'client', data }))
    const greeting = await greeted.promise
    this.#greeted(greeting, resumes && earlier !== undefined)
    for (const { frame, times } of this.#waiting()) socket.write(frame.repeat(times))
    this.#isGreeted = true
  }

  /** Takes everything after a sequence from the journal again, in place of what it was told so far. */
  async replay(after: number): Promise<void> {
    const { answered } = this.send('replay', 'Subscribe', { after })
    this.#last = Infinity
    this.#onReplay = () => {
      this.#last = after
      this.events.clear()
    }
    await answered
  }

  /** Every sequence up to this one has come. */
  get last(): number {
    return this.#last
  }

  /** Sends a request `times` times at once; where there is no link it leaves with the next one. */
  send(key: string, commandName: string, data: unknown, times = 1): Sent {
    const command = { commandName, data }
    return this.#put(
      key,
      framed({ type: 'TaskCommand', origin: 'client', requestId: key, data: command }),
      times,
    )
  }

  /** Sends one again that was answered. */
  again({ key, frame }: Sent): Sent {
    return this.#put(key, frame, 1)
  }

  pause(): void {
    this.#socket?.pause()
  }

  resume(): void {
    this.#socket?.resume()
  }

  /** The link is gone, without a word. */
  drop(): void {
    this.#isGreeted = false
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #put(key: string, frame: string, times: number): Sent {
    const { promise: answered, resolve: settle } = Promise.withResolvers<void>()
    const sentAt = this.#options.tick()
    const sent: Sent = { key, frame, times, sentAt, answers: [], answeredAt: Infinity, answered, settle }
    this.#requests.set(key, sent)
    if (this.#isGreeted) this.#socket?.write(frame.repeat(times))
    return sent
  }

  #waiting(): Sent[] {
    return [...this.#requests.values()].filter(({ answeredAt }) => answeredAt === Infinity)
  }

  #greeted(greeting: Greeting, hadSession: boolean): void {
    if (hadSession && greeting.resumed !== true) this.faults.push('its session was not known any more')
    if (greeting.gap !== undefined) this.faults.push(`a gap: ${JSON.stringify(greeting.gap)}`)
    if (this.#greeting === undefined) this.#last = greeting.head
    this.#greeting = greeting
    this.clientIds.push(greeting.clientId)
  }

  #take(message: Received): void {
    const { type, seq, requestId, data } = message
    if (type === 'TaskEvent' && seq !== undefined) {
      if (this.#last === Infinity) return
      if (seq !== this.#last + 1) this.faults.push(`${seq} came next to ${this.#last}`)
      this.#last = seq
      this.events.set(seq, JSON.stringify(message))
    }
    if (type === 'Gap') this.faults.push(JSON.stringify(message))
    const sent = type === 'Reply' ? this.#requests.get(requestId ?? '') : undefined
    if (sent === undefined || data === undefined) return
    if (requestId === 'replay') this.#onReplay?.()
    sent.answers.push(data)
    if (sent.answers.length < sent.times) return
    sent.answeredAt = this.#options.tick()
    sent.settle()
  }
}

function framed(message: unknown): string {
  return `${JSON.stringify({ type: 'message', data: message })}\f`
}

function readFrames(socket: Socket, take: (message: Received) => void): void {
  let rest = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    const frames = `${rest}${text}`.split('\f')
    rest = frames.pop() ?? ''
    for (const frame of frames) {
      const outer: { readonly data: Received } = JSON.parse(frame)
      take(outer.data)
    }
  })
}
