/**
 * The load: links that count frames, and a publisher that keeps a window of commands in flight. A command is a task
 * that cannot start: the smallest thing that makes the daemon journal and announce, five events each.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** taskCreated, taskFocused, the prompt, the error, taskAborted. */
export const eventsPerCommand = 5

/** Length of the error of a task for which nothing is configured. */
export const errorChars = 186

const formFeed = 0x0c
/** Makes the prompt's frame about as long as a real message's. */
const text = 'x'.repeat(600)

export class CountingLink {
  readonly socket: Socket
  frames = 0
  bytes = 0
  readonly #opened: Promise<void>
  #wake: () => void = () => {}

  constructor(path: string) {
    this.socket = connect(path)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#opened = promise
    this.socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length
      for (let at = chunk.indexOf(formFeed); at !== -1; at = chunk.indexOf(formFeed, at + 1)) this.frames++
      resolve()
      this.#wake()
    })
  }

  /** Links that have had their Ack. */
  static async open(path: string, count: number): Promise<CountingLink[]> {
    const links: CountingLink[] = []
    // A listener's backlog is bounded: a burst of connects beyond it is refused by the kernel.
    for (let from = 0; from < count; from += 100) {
      const some = Array.from({ length: Math.min(100, count - from) }, () => new CountingLink(path))
      await Promise.all(some.map((link) => link.#opened))
      links.push(...some)
    }
    for (const link of links) link.frames = link.bytes = 0
    return links
  }

  command(commandName: string, requestId?: string): void {
    const data = commandName === 'StartNewTask' ? { text, configuration: {} } : undefined
    const message = { type: 'TaskCommand', origin: 'client', requestId, data: { commandName, data } }
    this.socket.write(`${JSON.stringify({ type: 'message', data: message })}\f`)
  }

  /** Resolves when it has had this many frames. */
  async reached(frames: number): Promise<void> {
    while (this.frames < frames) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** Publishes commands, at most `window` of them unanswered by the slowest of `readers`. Resolves when all have all. */
export async function publish(
  publisher: CountingLink,
  readers: readonly CountingLink[],
  commands: number,
  window: number,
): Promise<void> {
  const before = readers.map((link) => link.frames)
  for (let sent = 0; sent < commands;) {
    const some = Math.min(window, commands - sent)
    for (let index = 0; index < some; index++) publisher.command('StartNewTask')
    sent += some
    const due = sent * eventsPerCommand
    await Promise.all(readers.map((link, index) => link.reached((before[index] ?? 0) + due)))
  }
}
