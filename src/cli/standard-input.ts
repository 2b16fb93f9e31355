/**
 * Our standard input, line by line, for a task whose own is kept open. A line is bounded, and the next one is read only
 * when the one before has been taken.
 */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { setTimeout as delay } from 'node:timers/promises'
import { CallboardError } from '../client/callboard-error.ts'
import { limits } from '../limits.ts'
import { Failure } from './failure.ts'

/** While a command reads nothing, its next line is offered so often. */
const retryMs = 100

/** Sends each line of `input` until it ends or `done` aborts. Throws what `send` throws but `limit_exceeded`. */
export async function forwardInput(
  input: Readable,
  send: (line: string) => Promise<void>,
  done: AbortSignal,
): Promise<void> {
  const stop = (): void => void input.destroy()
  done.addEventListener('abort', stop, { once: true })
  try {
    for await (const line of linesOf(input, limits.stdinBytesMax)) await offer(line, send, done)
  } finally {
    done.removeEventListener('abort', stop)
  }
}

async function offer(line: string, send: (line: string) => Promise<void>, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    try {
      return await send(line)
    } catch (error) {
      if (!(error instanceof CallboardError) || error.code !== 'limit_exceeded') throw error
      await delay(retryMs)
    }
  }
}

/** The lines of `input` without their line ends; the last one may lack its. Throws Failure past `lineCharsMax`. */
export async function* linesOf(input: AsyncIterable<unknown>, lineCharsMax: number): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of input) {
    const lines = (rest + (Buffer.isBuffer(chunk) ? decoder.write(chunk) : String(chunk))).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineCharsMax)
      throw new Failure(`a line of the input is longer than ${lineCharsMax} characters.`)
    yield* lines
  }
  rest += decoder.end()
  if (rest !== '') yield rest
}
