/**
 * The two ways out: data on stdout, talk on stderr. A reader of our stdout that goes away (`| head -1`) is no fault: it
 * ends the command quietly, as SIGPIPE would have. Writing waits for a slow reader instead of collecting.
 */
import type { Writable } from 'node:stream'
import { ReaderGone } from './reader-gone.ts'
import { Paint } from './rendering/paint.ts'
import type { Env } from '../daemon/home.ts'

export interface OutputStreams {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
}

type StreamName = keyof OutputStreams

export class Output {
  readonly #streams: OutputStreams
  readonly #gone = new Set<StreamName>()
  readonly #readerGone = new AbortController()
  readonly #tasksOwn: ReadonlySet<StreamName>
  /** Colours for what goes to stdout. */
  readonly paint: Paint
  /** Columns of the terminal; undefined where stdout is none, so that nothing is cut. */
  readonly columns: number | undefined

  /** `data` names the streams whose reader matters: `run` gives both to its task, all others use stdout. */
  constructor(streams: OutputStreams, env: Env, data: readonly StreamName[] = ['stdout']) {
    this.#streams = streams
    this.#tasksOwn = new Set(data)
    this.paint = new Paint(streams.stdout.isTTY === true, env)
    this.columns = streams.stdout.isTTY === true ? (streams.stdout.columns ?? 80) : undefined
    for (const name of ['stdout', 'stderr'] as const) streams[name].on('error', () => this.#lost(name))
  }

  /** Aborts when the reader of our data has gone. */
  get readerGone(): AbortSignal {
    return this.#readerGone.signal
  }

  /** Writes data; resolves when it has left. Throws ReaderGone when nobody reads it any more. */
  async write(bytes: string | Uint8Array, to: StreamName = 'stdout'): Promise<void> {
    if (this.#gone.has(to)) throw new ReaderGone()
    const failed = await new Promise<boolean>((resolve) => {
      this.#streams[to].write(bytes, (error) => resolve(error !== null && error !== undefined))
    })
    if (!failed) return
    this.#lost(to)
    throw new ReaderGone()
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`)
  }

  /** One JSON document: indented for people on a terminal, one line otherwise. */
  async document(value: unknown): Promise<void> {
    await this.line(JSON.stringify(value, null, this.columns === undefined ? 0 : 2))
  }

  /** Says something to the person at the terminal, as one sentence. Never fails. */
  say(sentence: string): void {
    this.talk(`callboard: ${sentence}\n`)
  }

  /** Writes to stderr as it is. Never fails. */
  talk(text: string): void {
    if (!this.#gone.has('stderr')) this.#streams.stderr.write(text)
  }

  /** Resolves when everything written so far has left, or cannot. */
  async flush(): Promise<void> {
    const names = (['stdout', 'stderr'] as const).filter((name) => !this.#gone.has(name))
    await Promise.all(
      names.map((name) => new Promise<void>((resolve) => this.#streams[name].write('', () => resolve()))),
    )
  }

  #lost(name: StreamName): void {
    this.#gone.add(name)
    if (this.#tasksOwn.has(name)) this.#readerGone.abort(new ReaderGone())
  }
}
