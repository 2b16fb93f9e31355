/**
 * A command's asks. Its process inherits one more descriptor, whose number is in CALLBOARD_ASK_FD (not on Windows): it
 * writes one line of JSON there, and reads one line of JSON with the answer.
 *
 * A line: `{"text", "kind"?, "options"?, "fields"?, "deadlineMs"?, "id"?}`. `kind` is `question` (answered by text, or
 * by an option where it has some), `approval` (by one of its `options`) or `form` (by its `fields`, or by an option where
 * it has some); without it, fields make a form, options an approval, and neither a question. An option is `{"id", "label"?, "meaning"?: "allow"|"deny"}`,
 * or its id alone; a field `{"name", "label"?, "type"?: "text"|"number"|"boolean"|"choice", "options"?, "required"?}`.
 * Its answer: `{"option": id}`, `{"text": …}`, `{"values": {name: value}}`, `{"expired": true}` after `deadlineMs`, or
 * `{"error": …}` for what could not be asked. Several asks are open at once where each has an `id` of its own: a string
 * or a number, which is the first key of its answer. What is open when the last process closes the descriptor is asked
 * no longer.
 *
 * The trap: a command may flood it, never read, or leave it to others. So nothing is read while answers wait in the
 * pipe, lines are bounded, and no end waits for it.
 */
import type { Duplex } from 'node:stream'
import type { Limits } from '../limits.ts'
import { readAskLine } from './ask-line.ts'
import type { AskLine, AskName } from './ask-line.ts'
import type { AskAnswer, RunEvents } from './runner.ts'

/** The variable that names the descriptor in the command's process: the first after the standard streams. */
export const askVariable = { CALLBOARD_ASK_FD: '3' }
/** Windows has no pipes that a program would find by a number. */
export const hasAskChannel = process.platform !== 'win32'

const lineEnd = 0x0a
const nothing = Buffer.alloc(0)

export class AskChannel {
  readonly #stream: Duplex
  readonly #events: Pick<RunEvents, 'asked' | 'withdrew' | 'nextTs'>
  readonly #lineBytesMax: number
  /** Open asks: the key that the task knows them by, and the command's name for them. */
  readonly #open = new Map<string, AskName>()
  #asked = 0
  /** What was read and not yet looked at. */
  #rest: Buffer = nothing
  #line: Buffer = nothing
  /** The rest of a line that is too long. */
  #skipping = false
  #paused = false
  /** Answers wait for the command to read them. */
  #full = false
  #closed = false

  /** `stream` is the parent's end of the pipe; `lineBytesMax` bounds one line. */
  constructor(
    stream: Duplex,
    events: Pick<RunEvents, 'asked' | 'withdrew' | 'nextTs'>,
    limits: Pick<Limits, 'askLineBytesMax'>,
  ) {
    this.#stream = stream
    this.#events = events
    this.#lineBytesMax = limits.askLineBytesMax
    // A pipe that breaks has ended: its 'close' follows.
    stream.on('error', () => undefined)
    stream.once('end', () => this.#withdrawAll())
    stream.once('close', () => this.#withdrawAll())
    stream.on('drain', () => {
      this.#full = false
      this.#read()
    })
  }

  begin(): void {
    this.#stream.on('readable', () => this.#read())
    this.#read()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#read()
  }

  /** Tells the command; a key that is not open is one that it no longer waits for. */
  answer(key: string, answer: AskAnswer): void {
    if (!this.#open.has(key)) return
    const name = this.#open.get(key)
    this.#open.delete(key)
    this.#write(name, said(answer))
  }

  /** The run has ended: nobody is told of what was still open. */
  close(): void {
    this.#closed = true
    this.#open.clear()
    this.#stream.destroy()
  }

  #withdrawAll(): void {
    const keys = [...this.#open.keys()]
    const wasClosed = this.#closed
    this.close()
    if (wasClosed) return
    for (const key of keys) this.#events.withdrew(key)
  }

  #read(): void {
    while (!this.#paused && !this.#full && !this.#closed) {
      const end = this.#rest.indexOf(lineEnd)
      if (end === -1) {
        this.#lengthen(this.#rest)
        this.#rest = nothing
        const chunk: unknown = this.#stream.read()
        if (!Buffer.isBuffer(chunk)) return
        this.#rest = chunk
      } else {
        this.#lengthen(this.#rest.subarray(0, end))
        this.#rest = this.#rest.subarray(end + 1)
        this.#finishLine()
      }
    }
  }

  #lengthen(bytes: Buffer): void {
    if (this.#skipping || bytes.length === 0) return
    if (this.#line.length + bytes.length <= this.#lineBytesMax) {
      this.#line = Buffer.concat([this.#line, bytes])
      return
    }
    this.#skipping = true
    this.#line = nothing
    this.#write(undefined, { error: `a line has at most ${this.#lineBytesMax} bytes` })
  }

  #finishLine(): void {
    const line = this.#line
    this.#line = nothing
    if (!this.#skipping) this.#ask(line)
    this.#skipping = false
  }

  #ask(line: Buffer): void {
    const read = readAskLine(line)
    if ('problem' in read) return this.#write(read.name, { error: read.problem })
    if ([...this.#open.values()].includes(read.name)) {
      return this.#write(read.name, { error: 'an ask with this id is open: give each an id of its own' })
    }
    const key = String(++this.#asked)
    this.#open.set(key, read.name)
    const outcome = this.#events.asked({ key, ...read.asked, message: this.#message(read) })
    if (outcome.ok) return
    this.#open.delete(key)
    this.#write(read.name, { error: outcome.error.message })
  }

  /** How clients that know no asks are shown it. */
  #message({ asked }: AskLine): Parameters<RunEvents['asked']>[0]['message'] {
    const { kind, text, options = [] } = asked
    const ts = this.#events.nextTs()
    if (kind !== 'question') {
      return { action: 'created', message: { ts, type: 'ask', ask: 'command', text, partial: false } }
    }
    const question = JSON.stringify({
      question: text,
      suggest: options.map(({ label }) => ({ answer: label })),
    })
    return {
      action: 'created',
      message: { ts, type: 'ask', ask: 'followup', text: question, partial: false },
    }
  }

  #write(name: AskName, answer: object): void {
    if (this.#closed) return
    const named = name === undefined ? answer : { id: name, ...answer }
    if (!this.#stream.write(`${JSON.stringify(named)}\n`)) this.#full = true
  }
}

function said(answer: AskAnswer): object {
  if (answer.kind === 'expired') return { expired: true }
  const { option, text, values } = answer
  if (option !== undefined) return { option }
  return values === undefined ? { text: text ?? '' } : { values }
}
