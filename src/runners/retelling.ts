/**
 * Recorded events as those of the task that plays them: its id in place of the recorded one, and times of its own for
 * messages. The same recorded `ts` stays one message, as long as its updates come within the bound.
 */
import type { TaskEvent } from '../wire/events.ts'
import type { RunResult } from './runner.ts'

export interface RetellingOptions {
  readonly taskId: string
  readonly recordedId: string
  nextTs(): number
  /** Messages whose updates are known as theirs; the one not heard of for longest is forgotten. */
  readonly messagesKnown: number
}

export class Retelling {
  readonly #options: RetellingOptions
  readonly #times = new Map<number, number>()

  constructor(options: RetellingOptions) {
    this.#options = options
  }

  /** The event of the playing task; undefined for one that tasks make themselves. */
  retold(event: TaskEvent): TaskEvent | undefined {
    const { taskId } = this.#options
    switch (event.eventName) {
      case 'message': {
        const [{ action, message }] = event.payload
        const payload = { taskId, action, message: { ...message, ts: this.#time(message.ts) } }
        return { eventName: 'message', payload: [payload] }
      }
      case 'taskActive':
      case 'taskInteractive':
      case 'taskAskResponded':
      case 'taskPaused':
      case 'taskUnpaused':
        return { eventName: event.eventName, payload: [taskId] }
      case 'taskModeSwitched':
        return { eventName: event.eventName, payload: [taskId, event.payload[1]] }
      case 'queuedMessagesUpdated':
        return { eventName: event.eventName, payload: [taskId, event.payload[1]] }
      case 'taskToolFailed':
        return { eventName: event.eventName, payload: [taskId, event.payload[1], event.payload[2]] }
      case 'taskTokenUsageUpdated':
        return { eventName: event.eventName, payload: [taskId, event.payload[1], event.payload[2]] }
      case 'taskSpawned':
      case 'taskDelegated':
      case 'taskDelegationResumed':
        return { eventName: event.eventName, payload: this.#pair(event.payload) }
      case 'taskDelegationCompleted': {
        const [parent, child, summary] = event.payload
        return { eventName: event.eventName, payload: [...this.#pair([parent, child]), summary] }
      }
      default:
        return undefined
    }
  }

  /** A recorded result with the `ts` that its message has here. */
  result(recorded: RunResult): RunResult {
    const { saidTs, ...result } = recorded
    return saidTs === undefined ? result : { ...result, saidTs: this.#time(saidTs) }
  }

  /** The playing task is one of the two, whatever the recording calls it. */
  #pair([parent, child]: [string, string]): [string, string] {
    const { taskId, recordedId } = this.#options
    return child === recordedId ? [parent, taskId] : [taskId, child]
  }

  #time(recordedTs: number): number {
    const ts = this.#times.get(recordedTs) ?? this.#options.nextTs()
    this.#times.delete(recordedTs)
    this.#times.set(recordedTs, ts)
    if (this.#times.size > this.#options.messagesKnown) {
      const [oldest] = this.#times.keys()
      if (oldest !== undefined) this.#times.delete(oldest)
    }
    return ts
  }
}
