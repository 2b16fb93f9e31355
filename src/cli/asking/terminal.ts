/**
 * The person at the terminal: lines to read, text to show. There is one only where somebody can see the question (stderr
 * is a terminal) and answer it (stdin is one, or else the terminal that controls this process). The traps: line editing
 * is left to the terminal, since readline's own would take Ctrl-C for itself; and nothing is read before there is a
 * question, since the terminal stops a process in the background that reads.
 */
import { openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Interface } from 'node:readline'
import { ReadStream } from 'node:tty'

export interface Terminal {
  show(text: string): void
  /**
   * Gives each line that is typed, without its end, until `rest`. `begun` is called once what was typed before has been
   * thrown away: nobody can have meant it for a question that is not shown yet.
   */
  read(listener: (line: string) => void, begun: () => void): void
  rest(): void
}

export interface TerminalStreams {
  readonly stdin: NodeJS.ReadStream
  readonly stderr: NodeJS.WriteStream
}

/** Undefined where there is nobody to ask. `stdinIsTaken`: its lines are meant for somebody else. */
export function terminalOf({ stdin, stderr }: TerminalStreams, stdinIsTaken: boolean): Terminal | undefined {
  if (!stderr.isTTY) return undefined
  if (stdin.isTTY) return stdinIsTaken ? undefined : new OpenTerminal(stderr, () => stdin)
  const controlling = controllingTerminal()
  if (controlling === undefined) return undefined
  controlling.destroy()
  return new OpenTerminal(stderr, controllingTerminal)
}

/** Lines that were typed before come at once. */
const typedBeforeMs = 50

class OpenTerminal implements Terminal {
  readonly #stderr: NodeJS.WriteStream
  readonly #open: () => NodeJS.ReadStream | undefined
  #input: NodeJS.ReadStream | undefined
  #lines: Interface | undefined
  #begun: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(stderr: NodeJS.WriteStream, open: () => NodeJS.ReadStream | undefined) {
    this.#stderr = stderr
    this.#open = open
  }

  show(text: string): void {
    this.#stderr.write(text)
  }

  read(listener: (line: string) => void, begun: () => void): void {
    if (this.#lines !== undefined && this.#timer === undefined) return begun()
    this.#begun = begun
    if (this.#lines !== undefined) return
    this.#input = this.#open()
    if (this.#input === undefined) return
    this.#input.ref()
    this.#lines = createInterface({ input: this.#input, terminal: false })
    this.#lines.on('line', (line) => {
      if (this.#timer === undefined) listener(line)
    })
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#begun?.()
    }, typedBeforeMs)
  }

  rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#lines?.close()
    this.#lines = undefined
    if (this.#input === process.stdin) this.#input.unref()
    else this.#input?.destroy()
    this.#input = undefined
  }
}

function controllingTerminal(): ReadStream | undefined {
  try {
    return new ReadStream(openSync('/dev/tty', 'r'))
  } catch {
    return undefined
  }
}
