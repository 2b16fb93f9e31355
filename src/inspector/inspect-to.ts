/**
 * Sends the actors of any XState 5 program to the running daemon's page: `createActor(machine, {inspect: inspectTo()})`.
 * It is a guest there: it never throws into the program, never waits for anything, keeps a bounded number of moves, does
 * not keep the process alive, and without a daemon, or while nobody looks, it does next to nothing.
 */
import { basename } from 'node:path'
import { CallboardClient } from '../client/callboard-client.ts'
import { loadClientSettings } from '../daemon/config.ts'
import { limits } from '../limits.ts'
import { nodeIpcTransport } from '../transport/node-ipc.ts'
import type { Transport } from '../transport/transport.ts'
import { chartOf } from './chart.ts'
import { ActorMoves } from './actor-moves.ts'
import type { Inspection } from './actor-moves.ts'

export interface InspectToOptions {
  /** The program's name on the page. Default: that of its script. */
  readonly namespace?: string
  /** The daemon's socket. Default: where every client finds it. */
  readonly socketPath?: string
  /** How often what happened is sent, and how often a daemon is looked for: milliseconds. */
  readonly reportMs?: number
  readonly retryMs?: number
}

/** For XState's `inspect` option; it may be given to any number of actors. */
export type InspectTo = ((inspection: Inspection) => void) & Disposable

const reportMs = 100
const retryMs = 5_000

/** Never throws; disposing of it ends its link, which ends with the program too. */
export function inspectTo(options: InspectToOptions = {}): InspectTo {
  const sender = new Sender(options)
  const observe = (inspection: Inspection): void => {
    try {
      sender.observe(inspection)
    } catch {
      // What cannot be shown is not shown: the program goes on as without us.
    }
  }
  return Object.assign(observe, { [Symbol.dispose]: () => sender.end() })
}

class Sender {
  readonly #options: InspectToOptions
  readonly #moves = new ActorMoves((machine) => chartOf(machine))
  readonly #namespace: string
  #client: CallboardClient | undefined
  #timer: NodeJS.Timeout | undefined
  #sending = false
  #ended = false
  /** Nobody looks, or no daemon answers: asked again only after a while. */
  #quietUntil = 0

  constructor(options: InspectToOptions) {
    this.#options = options
    const name = options.namespace ?? basename(process.argv[1] ?? 'program')
    this.#namespace = name.slice(0, limits.inspectedNameCharsMax) || 'program'
  }

  observe(inspection: Inspection): void {
    if (this.#ended) return
    this.#moves.take(inspection, Date.now())
    if (this.#timer !== undefined || this.#sending) return
    const wait = Math.max(this.#options.reportMs ?? reportMs, this.#quietUntil - performance.now())
    this.#timer = setTimeout(() => void this.#report(), wait)
    this.#timer.unref()
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    void this.#client?.close()
  }

  /** Never rejects. */
  async #report(): Promise<void> {
    this.#timer = undefined
    this.#sending = true
    try {
      await this.#send()
    } catch {
      this.#beQuiet()
      // The next daemon, if one comes, knows nothing of what this one was told.
      this.#moves.forgetTold()
      await this.#client?.close()
      this.#client = undefined
    } finally {
      this.#sending = false
    }
  }

  async #send(): Promise<void> {
    this.#client ??= this.#connect()
    if (this.#client === undefined) return this.#beQuiet()
    while (this.#moves.hasNews && !this.#ended) {
      const { told, ...report } = this.#moves.report()
      const answer = await this.#client.request({
        commandName: 'ReportActors',
        data: { namespace: this.#namespace, ...report },
      })
      if (!isWatched(answer)) {
        this.#moves.forgetTold()
        return this.#beQuiet()
      }
      told()
    }
  }

  #beQuiet(): void {
    this.#quietUntil = performance.now() + (this.#options.retryMs ?? retryMs)
  }

  #connect(): CallboardClient | undefined {
    const socketPath = this.#options.socketPath ?? foundSocket()
    if (socketPath === undefined) return undefined
    return new CallboardClient({
      socketPath,
      name: 'callboard-inspect',
      role: 'client',
      attemptsMax: 1,
      transport: unreferenced,
      clock: {
        setTimeout: (run, ms) => setTimeout(run, ms).unref(),
        clearTimeout: (timer) => clearTimeout(timer),
      },
    })
  }
}

/** As the command line finds it; a configuration that cannot be used leads to none. */
function foundSocket(): string | undefined {
  const loaded = loadClientSettings({ flags: {}, env: process.env, cwd: process.cwd() })
  return loaded.ok ? loaded.socketPath : undefined
}

/** Links that do not keep the program alive. */
const unreferenced: Transport = {
  listen: (options) => nodeIpcTransport.listen(options),
  connect: (path, handlers) => {
    const link = nodeIpcTransport.connect(path, {
      ...handlers,
      opened: () => {
        link.socket?.unref()
        handlers.opened()
      },
    })
    link.socket?.unref()
    return link
  },
}

function isWatched(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'watched' in answer && answer.watched === true
}
