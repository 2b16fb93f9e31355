/**
 * What a run tells its task, in order and in one batch per read. An open (partial) message is told at most every
 * `messageUpdateMs`, its last state always; what was superseded meanwhile is never told.
 */
import type { Limits } from '../../limits.ts'
import type { TaskEvent, TaskMessage } from '../../wire/events.ts'
import type { Clock } from '../clock.ts'

export interface OutgoingOptions {
  readonly taskId: string
  readonly limits: Pick<Limits, 'messageUpdateMs'>
  readonly clock: Clock
  /** One batch; never empty. */
  announced(events: readonly TaskEvent[]): void
}

interface OpenMessage {
  sentAt: number
  /** Its newest state, where that has not been told yet. */
  waiting: TaskMessage | undefined
}

export class Outgoing {
  readonly #options: OutgoingOptions
  readonly #open = new Map<number, OpenMessage>()
  #batch: TaskEvent[] = []
  #callOff: (() => void) | undefined

  constructor(options: OutgoingOptions) {
    this.#options = options
  }

  /** A message that nobody knows of yet. `isOpen`: more of it may come. */
  create(message: TaskMessage, isOpen = message.partial === true): void {
    if (isOpen) this.#open.set(message.ts, { sentAt: this.#options.clock.now(), waiting: undefined })
    this.#add('created', message)
  }

  /** The new state of a message. */
  update(message: TaskMessage, isOpen = message.partial === true): void {
    const open = this.#open.get(message.ts)
    if (!isOpen) {
      this.forget(message.ts)
      this.#add('updated', message)
    } else if (open === undefined) {
      this.#open.set(message.ts, { sentAt: this.#options.clock.now(), waiting: undefined })
      this.#add('updated', message)
    } else {
      open.waiting = message
      this.#tellDue()
    }
  }

  /** Somebody else tells its state from now on. */
  forget(ts: number): void {
    this.#open.delete(ts)
    if (this.#open.size > 0) return
    this.#callOff?.()
    this.#callOff = undefined
  }

  event(event: TaskEvent): void {
    this.#batch.push(event)
  }

  /** Gives what has gathered. */
  flush(): void {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    this.#options.announced(batch)
  }

  /** Nothing is told any more. */
  end(): void {
    this.#callOff?.()
    this.#callOff = undefined
    this.#open.clear()
    this.flush()
  }

  #add(action: 'created' | 'updated', message: TaskMessage): void {
    this.#batch.push({ eventName: 'message', payload: [{ taskId: this.#options.taskId, action, message }] })
  }

  /** Tells what is due, and comes back for what is not. */
  #tellDue(): void {
    if (this.#callOff !== undefined) return
    const { clock, limits } = this.#options
    const now = clock.now()
    let next: number | undefined
    for (const open of this.#open.values()) {
      if (open.waiting === undefined) continue
      const wait = open.sentAt + limits.messageUpdateMs - now
      if (wait > 0) {
        next = Math.min(next ?? wait, wait)
      } else {
        this.#add('updated', open.waiting)
        open.waiting = undefined
        open.sentAt = now
      }
    }
    if (next === undefined) return
    this.#callOff = clock.after(next, () => {
      this.#callOff = undefined
      this.#tellDue()
      this.flush()
    })
  }
}
