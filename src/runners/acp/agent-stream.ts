/**
 * Between an agent's two pipes and the protocol library: messages one by one, in their order. What the agent tells
 * (session/update and other notifications) goes straight to the run; requests and answers go to the library, and
 * nothing is read on until it has dealt with them, because an answer must not overtake what was told before it. What is
 * no message of the protocol is counted and never answered.
 */
import { limits as defaults } from '../../limits.ts'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { waitFor } from '../clock.ts'
import { isJsonObject } from '../../wire/json-object.ts'
import { nestingExceeds } from '../../wire/nesting.ts'
import { AgentLines } from './agent-lines.ts'
import type { Stream } from '@agentclientprotocol/sdk'
import type { Readable, Writable } from 'node:stream'
import type { Limits } from '../../limits.ts'
import type { JsonObject } from '../../wire/json-object.ts'
import type { Clock } from '../clock.ts'

type Message = Stream extends { readable: ReadableStream<infer M> } ? M : never

export interface AgentStreamOptions {
  readonly limits: Pick<
    Limits,
    | 'agentLineBytesMax'
    | 'agentLineDepthMax'
    | 'agentGarbageBytesMax'
    | 'agentUnreadBytesMax'
    | 'agentRequestsMax'
  >
  readonly clock: Clock
  /** A notification of the agent. */
  told(method: string, params: JsonObject): void
  /** All that had come has been dealt with. */
  readAll(): void
  /** The agent does not keep to the protocol; what it says is no longer read. */
  broken(why: string): void
}

export class AgentStream {
  readonly stream: Stream
  readonly #stdin: Writable
  readonly #stdout: Readable
  readonly #options: AgentStreamOptions
  readonly #lines: AgentLines
  readonly #closed: Promise<void>
  #controller: ReadableStreamDefaultController<Message> | undefined
  /** Ids of our requests without an answer, and of the agent's. */
  readonly #asked = new Set<unknown>()
  readonly #open = new Set<unknown>()
  #paused = false
  #resumed = Promise.withResolvers<undefined>()
  #busy = false
  #isBroken = false
  #isOver = false
  #isClosed = false
  #signs = 0
  #garbageBytes = 0
  #garbage = ''

  constructor(stdin: Writable, stdout: Readable, options: AgentStreamOptions) {
    this.#stdin = stdin
    this.#stdout = stdout
    this.#options = options
    this.#lines = new AgentLines(stdout, options.limits.agentLineBytesMax)
    const readable = new ReadableStream<Message>({
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.#controller = undefined),
    })
    const writable = new WritableStream<Message>({ write: async (message) => await this.#write(message) })
    this.stream = { readable, writable }
    stdin.on('error', () => undefined)
    stdin.on('drain', () => this.#pump())
    stdout.on('error', () => undefined)
    this.#closed = this.#closing()
  }

  begin(): void {
    this.#stdout.on('readable', () => this.#pump())
  }

  /** The first words of what was no message of the protocol; empty where there was none. */
  get garbage(): string {
    return this.#garbage
  }

  pause(): void {
    this.#paused = true
    this.#signs += 1
  }

  resume(): void {
    this.#paused = false
    this.#signs += 1
    this.#resumed.resolve(undefined)
    this.#resumed = Promise.withResolvers<undefined>()
    this.#pump()
  }

  /** Nothing of it is told any more. */
  stop(): void {
    this.#isOver = true
    this.resume()
  }

  /**
   * Resolves when all output has been read and dealt with. Whoever holds the pipe open without writing for `ms`
   * milliseconds while it is being read is nobody of this run: then it is closed.
   */
  async drained(ms: number): Promise<void> {
    while (!this.#isClosed && !this.#isBroken) {
      const before = this.#lines.reads + this.#signs
      await Promise.race([this.#closed, waitFor(this.#options.clock, ms)])
      if (this.#isClosed || this.#paused || this.#busy) continue
      if (before === this.#lines.reads + this.#signs) this.#stdout.destroy()
    }
    while (this.#busy) await nextTurn()
  }

  #pump(): void {
    if (this.#isOver) return this.#drop()
    let took = false
    while (this.#mayRead()) {
      const line = this.#lines.next()
      if (line === undefined) break
      took = true
      if (line === 'too long')
        this.#break(`a message of more than ${this.#options.limits.agentLineBytesMax} bytes`)
      else this.#take(line)
    }
    if (took) this.#options.readAll()
  }

  /** Read all the same: an agent that waits for its reader does not end. */
  #drop(): void {
    let dropped: unknown
    do dropped = this.#stdout.read()
    while (dropped !== null)
  }

  /** Not while the agent itself does not read what it is answered. */
  #mayRead(): boolean {
    if (this.#paused || this.#busy || this.#isBroken) return false
    return this.#stdin.destroyed || this.#stdin.writableLength <= this.#options.limits.agentUnreadBytesMax
  }

  #take(line: Buffer): void {
    const message = this.#parsed(line)
    const method = message?.['method']
    if (message === undefined) this.#noteGarbage(line)
    else if (typeof method !== 'string') this.#takeAnswer(message)
    else if (!('id' in message)) this.#takeTold(message, method)
    else this.#takeRequest(message, line)
  }

  /** Undefined for what is no message; an empty line is one that says nothing. */
  #parsed(line: Buffer): JsonObject | undefined {
    if (nestingExceeds(line, this.#options.limits.agentLineDepthMax)) return undefined
    try {
      const value: unknown = JSON.parse(line.toString())
      return isJsonObject(value) && value['jsonrpc'] === '2.0' ? value : undefined
    } catch {
      return undefined
    }
  }

  #takeTold(message: JsonObject, method: string): void {
    const { params } = message
    if (method === '$/cancel_request') this.#hand(message)
    else this.#options.told(method, isJsonObject(params) ? params : {})
  }

  #takeAnswer(message: JsonObject): void {
    // An answer to nothing, or a second one.
    if (this.#asked.delete(message['id'])) this.#hand(message)
  }

  #takeRequest(message: JsonObject, line: Buffer): void {
    const { id } = message
    if ((typeof id !== 'string' && typeof id !== 'number') || this.#open.has(id)) {
      this.#noteGarbage(line)
    } else if (this.#open.size >= this.#options.limits.agentRequestsMax) {
      const error = { code: -32_603, message: 'Too many requests wait for their answers' }
      this.#stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`)
    } else {
      this.#open.add(id)
      this.#hand(message)
    }
  }

  #hand(message: JsonObject): void {
    if (this.#controller === undefined || !isMessage(message)) return
    this.#busy = true
    this.#controller.enqueue(message)
    void this.#goOn()
  }

  async #goOn(): Promise<void> {
    await nextTurn()
    this.#busy = false
    this.#pump()
  }

  #noteGarbage(line: Buffer): void {
    if (line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09)) return
    this.#garbageBytes += line.length
    if (this.#garbage === '') this.#garbage = line.toString('utf8', 0, defaults.agentWordsCharsMax)
    if (this.#garbageBytes > this.#options.limits.agentGarbageBytesMax) {
      this.#break(`more than ${this.#options.limits.agentGarbageBytesMax} bytes that are no messages`)
    }
  }

  #break(what: string): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.#stdout.destroy()
    this.#options.broken(`it wrote ${what} to its standard output`)
  }

  async #write(message: Message): Promise<void> {
    const { id, method }: { id?: unknown; method?: unknown } = { ...message }
    if (method === undefined) this.#open.delete(id)
    else if (id !== undefined) this.#asked.add(id)
    if (this.#stdin.destroyed || this.#stdin.writableEnded) return
    this.#stdin.write(`${JSON.stringify(message)}\n`)
    if (this.#stdin.writableLength <= this.#options.limits.agentUnreadBytesMax) return
    const { promise, resolve } = Promise.withResolvers<undefined>()
    for (const event of ['drain', 'close', 'error'] as const)
      this.#stdin.once(event, () => resolve(undefined))
    await promise
  }

  async #closing(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#stdout.once('close', () => resolve(undefined))
    await promise
    do {
      while (this.#busy) await nextTurn()
      if (this.#paused) await this.#resumed.promise
      this.#pump()
    } while (this.#busy || this.#paused)
    this.#noteGarbage(this.#lines.rest())
    this.#isClosed = true
  }
}

/** The library checks for itself what it is given. */
function isMessage(message: JsonObject): message is JsonObject & Message {
  return message['jsonrpc'] === '2.0'
}
