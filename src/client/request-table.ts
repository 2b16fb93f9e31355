/**
 * Commands that wait for their Reply, in the order in which they were made. They outlive a link: after a reconnect the
 * same request goes out under the same id where the server still knows it, or where doing it twice does no harm; every
 * other one is refused, because nobody can say whether it was done. Settling is synchronous: order with events matters.
 */
import type { Timers } from '../actors/client-actor.ts'
import type { TaskCommandName } from '../wire/commands.ts'
import { CallboardError } from './callboard-error.ts'

export type Settlement =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: CallboardError }

export interface RequestOptions {
  readonly requestId: string
  readonly commandName: TaskCommandName
  readonly frame: Buffer
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Belongs to its link: forgotten unsettled when that is lost. */
  readonly linkBound?: boolean
  /** Called once. */
  settled(outcome: Settlement): void
}

interface Waiting extends RequestOptions {
  sent: boolean
  stop(): void
}

/** Asking twice changes nothing. */
const queries: ReadonlySet<TaskCommandName> = new Set<TaskCommandName>([
  'ListTasks',
  'GetTask',
  'ListClients',
  'GetStatus',
  'GetCommands',
  'GetModes',
  'GetModels',
])

export class RequestTable {
  readonly #clock: Timers
  readonly #waiting = new Map<string, Waiting>()
  #send: ((frame: Buffer) => void) | undefined

  constructor(clock: Timers) {
    this.#clock = clock
  }

  get size(): number {
    return this.#waiting.size
  }

  has(requestId: string): boolean {
    return this.#waiting.has(requestId)
  }

  /** Sends it, now or when a session is open. `requestId` must not be waiting already, the signal not be aborted. */
  start(options: RequestOptions): void {
    const { requestId, signal } = options
    const timer = this.#clock.setTimeout(() => this.#timedOut(requestId), options.timeoutMs)
    const abort = (): void => this.#aborted(requestId, signal)
    signal?.addEventListener('abort', abort, { once: true })
    const stop = (): void => {
      this.#clock.clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const waiting: Waiting = { ...options, sent: false, stop }
    this.#waiting.set(requestId, waiting)
    this.#sendOne(waiting)
  }

  /** A Reply. One that nobody waits for, such as a second one, is left. */
  settle(requestId: string, outcome: Settlement): void {
    const waiting = this.#waiting.get(requestId)
    if (waiting === undefined) return
    this.#waiting.delete(requestId)
    waiting.stop()
    waiting.settled(outcome)
  }

  /** A session is open on a new link. `resumed`: it is the one that the requests were made in. */
  open(send: (frame: Buffer) => void, resumed: boolean): void {
    this.#send = send
    for (const waiting of this.#waiting.values()) {
      if (!waiting.sent || resumed || queries.has(waiting.commandName)) this.#sendOne(waiting)
      else this.settle(waiting.requestId, { ok: false, error: unknownOutcome(waiting.commandName) })
    }
  }

  /** The link is lost. */
  suspend(): void {
    this.#send = undefined
    for (const waiting of this.#waiting.values()) {
      if (waiting.linkBound !== true) continue
      this.#waiting.delete(waiting.requestId)
      waiting.stop()
    }
  }

  /** Nothing will be answered any more. */
  failAll(error: CallboardError): void {
    for (const requestId of this.#waiting.keys()) this.settle(requestId, { ok: false, error })
  }

  #sendOne(waiting: Waiting): void {
    if (this.#send === undefined) return
    waiting.sent = true
    this.#send(waiting.frame)
  }

  #timedOut(requestId: string): void {
    const waiting = this.#waiting.get(requestId)
    if (waiting === undefined) return
    const why = `${waiting.commandName} was not answered within ${waiting.timeoutMs} ms: ${fate(waiting)}`
    this.settle(requestId, { ok: false, error: new CallboardError('timeout', why) })
  }

  #aborted(requestId: string, signal: AbortSignal | undefined): void {
    const waiting = this.#waiting.get(requestId)
    if (waiting === undefined) return
    const why = `${waiting.commandName} was aborted: ${fate(waiting)}`
    this.settle(requestId, {
      ok: false,
      error: new CallboardError('aborted', why, { cause: signal?.reason }),
    })
  }
}

function fate(waiting: Waiting): string {
  return waiting.sent ? 'it is unknown whether it was done.' : 'it was not sent.'
}

function unknownOutcome(commandName: TaskCommandName): CallboardError {
  return new CallboardError(
    'closed',
    `The link was lost before ${commandName} was answered, and the server no longer knows the session: ` +
      'it is unknown whether it was done. Look with ListTasks before asking again.',
  )
}
