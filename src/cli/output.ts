/**
 * The two ways out: data on stdout, talk on stderr. A reader of our data that goes away (`| head -1`) is no fault: it
 * ends the command quietly, as SIGPIPE would have; a full disk is one. Writing waits for a slow reader instead of
 * collecting.
 */
import type { Writable } from 'node:stream'
import type { Env } from '../daemon/home.ts'
import { exitCodes } from './exit-codes.ts'
import { Failure } from './failure.ts'
import { ReaderGone } from './reader-gone.ts'
import { Paint } from './rendering/paint.ts'

export interface OutputStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
}

type StreamName = keyof OutputStreams

/** Of a terminal that does not know its own width. */
const columnsUnknown = 80

export class Output {
  readonly #streams: OutputStreams
  readonly #lost = new AbortController()
  /** Colours for what goes to stdout. */
  readonly paint: Paint
  /** Columns of the terminal; undefined where stdout is none, so that nothing is cut. */
  readonly columns: number | undefined

  /** `data` names the streams that must not be lost: `run` gives both to its task, all others use stdout. */
  constructor(streams: OutputStreams, env: Env, data: readonly StreamName[] = ['stdout']) {
    const { stdout } = streams
    this.#streams = streams
    this.paint = new Paint(stdout.isTTY === true, env)
    this.columns = stdout.isTTY === true ? stdout.columns || columnsUnknown : undefined
    for (const name of data) streams[name].on('error', (error: Error) => this.#lost.abort(reasonOf(error)))
  }

  /** Aborts when data can no longer be written: with ReaderGone, or a Failure that says why. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Writes data; resolves when it has left. Throws the reason of `lost`. */
  async write(bytes: string | Uint8Array, to: StreamName = 'stdout'): Promise<void> {
    this.lost.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      this.#streams[to].write(bytes, (error) => {
        if (error === null || error === undefined) return resolve()
        this.#lost.abort(reasonOf(error))
        return reject(reasonOf(error))
      })
    })
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`)
  }

  /** One JSON document: indented for people on a terminal, one line otherwise. */
  async document(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value, null, this.columns === undefined ? 0 : 2))
  }

  /** As `say`, but only where a person looks: in a file it would be noise. */
  hint(sentence: string): void {
    if (this.#streams.stderr.isTTY === true) this.say(sentence)
  }

  /** Says something to the person at the terminal, as one sentence. Never fails. */
  say(sentence: string): void {
    const { stderr } = this.#streams
    if (!stderr.destroyed) stderr.write(`callboard: ${sentence}\n`)
  }
}

function reasonOf(error: Error): ReaderGone | Failure {
  if ('code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'))
    return new ReaderGone()
  return new Failure(`the output cannot be written: ${error.message}.`, exitCodes.failure, { cause: error })
}
