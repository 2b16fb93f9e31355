/**
 * A command's output, from bytes to messages. At most one message is open at a time, so that the order of `ts` is the
 * order of reading: when the other stream speaks, the open one is finished first. The trap: a read may end inside a
 * character, whose first bytes (at most 3 a stream) then wait for the rest.
 */
import { isUtf8 } from 'node:buffer'
import type { Limits } from '../limits.ts'
import type { TaskMessage } from '../wire/events.ts'
import type { Clock } from './clock.ts'
import type { RunnerMessage } from './runner.ts'

export type StreamName = 'stdout' | 'stderr'

export interface OutputOptions {
  readonly limits: Pick<Limits, 'outputMessageBytes' | 'messageUpdateMs'>
  readonly clock: Clock
  nextTs(): number
  /** One batch per read, or per update that had to wait; never empty. */
  messages(batch: readonly RunnerMessage[]): void
}

interface OpenMessage {
  readonly ts: number
  readonly stream: StreamName
  /** Bytes of the message, at the start of the run's one buffer. */
  length: number
  /** How many of them were in it when it was last given away. */
  sentLength: number
  /** When it was last given away; undefined while nobody knows of it. */
  sentAt: number | undefined
}

const nothing = Buffer.alloc(0)

export class OutputStream {
  readonly #options: OutputOptions
  readonly #buffer: Buffer
  readonly #unfinished: Record<StreamName, Buffer> = { stdout: nothing, stderr: nothing }
  #open: OpenMessage | undefined
  #batch: RunnerMessage[] = []
  #callOff: (() => void) | undefined

  constructor(options: OutputOptions) {
    this.#options = options
    this.#buffer = Buffer.allocUnsafeSlow(options.limits.outputMessageBytes)
  }

  /** Takes what was read from `stream`. The chunk is copied. */
  push(stream: StreamName, chunk: Buffer): void {
    const bytes =
      this.#unfinished[stream].length === 0 ? chunk : Buffer.concat([this.#unfinished[stream], chunk])
    const whole = bytes.length - unfinishedTail(bytes, bytes.length)
    this.#unfinished[stream] = Buffer.from(bytes.subarray(whole))
    this.#write(stream, bytes.subarray(0, whole))
    this.#update()
    this.#give()
  }

  /** No more comes: finishes what is open, and gives unfinished characters as they are. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#unfinished[stream]
      this.#unfinished[stream] = nothing
      this.#write(stream, rest)
    }
    this.#finish()
    this.#give()
  }

  #write(stream: StreamName, bytes: Buffer): void {
    if (bytes.length > 0 && this.#open !== undefined && this.#open.stream !== stream) this.#finish()
    let rest = bytes
    while (rest.length > 0) {
      const open = (this.#open ??= {
        ts: this.#options.nextTs(),
        stream,
        length: 0,
        sentLength: 0,
        sentAt: undefined,
      })
      const taken = piece(rest, this.#buffer.length - open.length, open.length === 0)
      open.length += rest.copy(this.#buffer, open.length, 0, taken)
      rest = rest.subarray(taken)
      if (rest.length > 0 || open.length === this.#buffer.length) this.#finish()
    }
  }

  #update(): void {
    const open = this.#open
    if (open === undefined || open.sentLength === open.length || this.#callOff !== undefined) return
    const now = this.#options.clock.now()
    const wait = open.sentAt === undefined ? 0 : open.sentAt + this.#options.limits.messageUpdateMs - now
    if (wait <= 0) return this.#add(open, true)
    this.#callOff = this.#options.clock.after(wait, () => {
      this.#callOff = undefined
      this.#add(open, true)
      this.#give()
    })
  }

  #finish(): void {
    this.#callOff?.()
    this.#callOff = undefined
    if (this.#open !== undefined) this.#add(this.#open, false)
    this.#open = undefined
  }

  #add(open: OpenMessage, partial: boolean): void {
    const { ts, stream } = open
    const bytes = this.#buffer.subarray(0, open.length)
    const message: TaskMessage = {
      ts,
      type: 'say',
      say: 'command_output',
      stream,
      text: bytes.toString(),
      partial,
    }
    if (!isUtf8(bytes)) message.bytes = bytes.toString('base64')
    this.#batch.push({ action: open.sentAt === undefined ? 'created' : 'updated', message })
    open.sentLength = open.length
    open.sentAt = this.#options.clock.now()
  }

  #give(): void {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#options.messages(batch)
  }
}

/** How many of `bytes` go into a message that has `room`: as many as fit without cutting a character in two. */
function piece(bytes: Buffer, room: number, empty: boolean): number {
  if (bytes.length <= room) return bytes.length
  const cut = room - unfinishedTail(bytes, room)
  // A message smaller than a character could otherwise never begin.
  return cut === 0 && empty ? room : cut
}

/** How many bytes before `end` are the start of a character that goes on at `end`: 0 to 3. */
function unfinishedTail(bytes: Buffer, end: number): number {
  for (let back = 1; back <= 3 && back <= end; back += 1) {
    const byte = bytes[end - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return characterLength(byte) > back ? back : 0
  }
  return 0
}

/** Bytes of the character that `lead` begins; 0 where no character begins so. */
function characterLength(lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return 0
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}
