/**
 * A bare socket that follows the journal from its beginning and checks only what a replay of millions leaves time for:
 * that each sequence number comes once and in order, and how many bytes came. It says Hello, so that it is given
 * everything; what comes before the answer to its Subscribe is not its own.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** How fast it reads: after so many bytes it rests so long. */
export interface Pace {
  readonly everyBytes: number
  readonly restMs: number
}

const formFeed = 0x0c
const comma = 0x2c
const zero = 0x30
const eventHead = '{"type":"message","data":{"type":"TaskEvent","origin":"server","seq":'
const faultsMax = 5

interface Answer {
  readonly data?: { readonly type?: string; readonly requestId?: string; readonly data?: { ok?: boolean } }
}

export class ReplayReader {
  readonly socket: Socket
  /** Sequence of the event that came last. */
  last = 0
  events = 0
  /** Of events up to `countedThrough`. */
  eventBytes = 0
  readonly faults: string[] = []
  readonly #pace: Pace | undefined
  readonly #countedThrough: number
  readonly #closed = Promise.withResolvers<void>()
  #subscribed = false
  #rest: Buffer | undefined
  #sinceRest = 0

  constructor(path: string, countedThrough: number, pace?: Pace) {
    this.#pace = pace
    this.#countedThrough = countedThrough
    this.socket = connect(path)
    this.socket.on('error', () => {})
    this.socket.on('close', () => this.#closed.resolve())
    this.socket.on('data', (chunk: Buffer) => this.#take(chunk))
    const client = { name: 'replay reader', version: '1' }
    this.#send({ type: 'Hello', origin: 'client', data: { protocol: 1, client } })
    const data = { commandName: 'Subscribe', data: { after: 0 } }
    this.#send({ type: 'TaskCommand', origin: 'client', requestId: 'subscribe', data })
  }

  get isClosed(): boolean {
    return this.socket.destroyed
  }

  async close(): Promise<void> {
    this.socket.destroy()
    await this.#closed.promise
  }

  #send(message: unknown): void {
    this.socket.write(`${JSON.stringify({ type: 'message', data: message })}\f`)
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(formFeed); end !== -1; end = bytes.indexOf(formFeed, start)) {
      this.#frame(bytes, start, end)
      start = end + 1
    }
    this.#rest = start === bytes.length ? undefined : bytes.subarray(start)
    this.#restALittle(chunk.length)
  }

  #restALittle(bytes: number): void {
    this.#sinceRest += bytes
    if (this.#pace === undefined || this.#sinceRest < this.#pace.everyBytes) return
    this.#sinceRest = 0
    this.socket.pause()
    setTimeout(() => this.socket.resume(), this.#pace.restMs)
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    const numberAt = start + eventHead.length
    if (bytes.toString('latin1', start, numberAt) !== eventHead)
      return this.#answer(bytes.toString('utf8', start, end))
    if (!this.#subscribed) return
    let seq = 0
    for (let at = numberAt; at < end && bytes[at] !== comma; at++) seq = seq * 10 + (bytes[at] ?? 0) - zero
    if (seq !== this.last + 1) this.#fault(`${seq} came next to ${this.last}`)
    this.last = seq
    this.events++
    if (seq <= this.#countedThrough) this.eventBytes += end + 1 - start
  }

  #answer(text: string): void {
    const { data }: Answer = JSON.parse(text)
    if (data?.type === 'Gap') this.#fault(text)
    if (data?.type !== 'Reply') return
    if (data.data?.ok !== true) this.#fault(text)
    if (data.requestId === 'subscribe') this.#subscribed = true
  }

  #fault(what: string): void {
    if (this.faults.length < faultsMax) this.faults.push(what)
  }
}
