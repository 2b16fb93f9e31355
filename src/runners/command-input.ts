/**
 * A command's standard input: closed, the task's text, or open for the messages of clients, one line each.
 * A command may close its end at any moment: that is no fault, only a refusal to whoever sends next.
 */
import type { Writable } from 'node:stream'
import type { CallboardConfiguration } from '../wire/commands.ts'
import { accepted, refused } from '../wire/rejection.ts'
import type { Outcome } from '../wire/rejection.ts'

export type InputMode = NonNullable<CallboardConfiguration['stdin']>

const notOpen =
  'this command does not read messages: start it with configuration.callboard.stdin set to "open", ' +
  'or wait until it has ended and send the message then'
const gone = 'this command has closed its input: wait until it has ended and send the message then'
const noImages = 'a command reads text only: send the message without its images'

export class CommandInput {
  readonly #mode: InputMode
  readonly #bytesMax: number
  readonly #stream: Writable | null
  #closed = false

  /** `stream` is the child's stdin, null in mode `closed`; `bytesMax` bounds what may wait for the command to read. */
  constructor(mode: InputMode, stream: Writable | null, text: string, bytesMax: number) {
    this.#mode = mode
    this.#stream = stream
    this.#bytesMax = bytesMax
    stream?.on('error', () => this.close())
    stream?.on('close', () => this.close())
    if (mode === 'text') stream?.end(text)
  }

  /** `unsupported` where nobody reads it, `limit_exceeded` where too much waits already. */
  accepts(text: string, images: readonly string[]): Outcome<void> {
    if (this.#mode !== 'open' || this.#stream === null) return refused('unsupported', notOpen)
    if (this.#closed) return refused('unsupported', gone)
    if (images.length > 0) return refused('unsupported', noImages)
    if (this.#stream.writableLength + Buffer.byteLength(text) + 1 > this.#bytesMax) {
      const message = `more than ${this.#bytesMax} bytes would wait for the command to read them: send again later`
      return refused('limit_exceeded', message)
    }
    return accepted(undefined)
  }

  /** Writes `text` and a line end, where `accepts` does not refuse it. */
  send(text: string, images: readonly string[]): Outcome<void> {
    const outcome = this.accepts(text, images)
    if (outcome.ok) this.#stream?.write(`${text}\n`)
    return outcome
  }

  close(): void {
    this.#closed = true
    this.#stream?.destroy()
  }
}
