/**
 * A task's output as whole lines for `watch`: what a line lacks is kept until the rest comes, the task settles, or it
 * is longer than `limits.outputMessageBytes`. One instance per task and stream.
 */
import { StringDecoder } from 'node:string_decoder'
import { limits } from '../../limits.ts'
import { plainLines } from './plain-text.ts'

export class OutputLines {
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  /** The lines that `bytes` complete, fit for a terminal. */
  push(bytes: Buffer): string[] {
    const text = this.#rest + this.#decoder.write(bytes)
    const end = text.length > limits.outputMessageBytes ? text.length : text.lastIndexOf('\n') + 1
    this.#rest = text.slice(end)
    return plainLines(text.slice(0, end))
  }

  /** What was left without a line end. */
  end(): string[] {
    const text = this.#rest + this.#decoder.end()
    this.#rest = ''
    return plainLines(text)
  }
}
