/**
 * What outlives a link: who the client is, its tasks, its subscription and the answers it was given.
 */
import type { SessionRecord } from '../store/store.ts'
import type { Filter } from './subscriptions.ts'
import { Replies } from './replies.ts'
import type { RepliesAccount } from './replies.ts'

export interface SessionClient {
  readonly name: string
  readonly version: string
}

export class Session {
  /** 128 random bits, shown to its client alone: who knows it may take the session up again. */
  readonly id: string
  /** Names it to others, who must not learn its id. */
  readonly number: number
  /** The listener it came by: scope and role are that listener's. */
  readonly listener: string
  readonly replies: Replies
  /** The connection that holds it now. */
  connectionId: string | undefined
  client: SessionClient | undefined
  /** The task inside which the client runs, as it said. */
  insideTask: string | undefined
  /** The last task that it started or resumed, until that is closed. */
  currentTask: string | undefined
  /** It has had a current task: the only running one is no longer meant by a command without an id. */
  hadTask = false
  /** Undefined: nothing is delivered. */
  filter: Filter | undefined
  /** What it subscribed to: undefined for everything, null for nothing. */
  subscription: SessionRecord['subscription']
  /** Answers of its that the store may have are not all here. */
  wasStored = false
  detachedAt = 0
  readonly #owned = new Set<string>()
  readonly #ownedMax: number

  constructor(
    id: string,
    number: number,
    listener: string,
    options: SessionOptions,
    account: RepliesAccount,
  ) {
    this.id = id
    this.number = number
    this.listener = listener
    this.replies = new Replies(options.repliesKeptPerSession, options.repliesKeptBytesPerSession, account)
    this.#ownedMax = options.ownTasksPerSession
  }

  /** Tasks that it started, or resumed by an id that it knew. */
  get ownTasks(): ReadonlySet<string> {
    return this.#owned
  }

  makeCurrent(task: string): void {
    this.currentTask = task
    this.hadTask = true
  }

  noLongerCurrent(task: string): void {
    if (this.currentTask === task) this.currentTask = undefined
  }

  disown(task: string): void {
    this.#owned.delete(task)
  }

  /** Past the bound the oldest of its tasks that `isLive` denies is no longer its own. */
  own(task: string, isLive: (task: string) => boolean): void {
    this.#owned.delete(task)
    this.#owned.add(task)
    if (this.#owned.size <= this.#ownedMax) return
    for (const oldest of this.#owned) {
      if (oldest === task || isLive(oldest)) continue
      this.#owned.delete(oldest)
      return
    }
  }

  /** Takes over what the store has of it. */
  restore({ client, insideTask, currentTask, ownTasks, subscription }: SessionRecord): void {
    this.client = client
    this.insideTask = insideTask
    this.currentTask = currentTask
    this.hadTask = currentTask !== undefined
    this.subscription = subscription
    this.wasStored = true
    for (const task of ownTasks ?? []) this.#owned.add(task)
  }

  record(seenAt: number): SessionRecord {
    const { id, listener, insideTask, currentTask, subscription } = this
    return {
      id,
      listener,
      client: this.client ?? { name: '', version: '' },
      ...(insideTask === undefined ? {} : { insideTask }),
      ...(currentTask === undefined ? {} : { currentTask }),
      ...(this.#owned.size === 0 ? {} : { ownTasks: [...this.#owned] }),
      ...(subscription === undefined ? {} : { subscription }),
      seenAt,
    }
  }
}

export interface SessionOptions {
  readonly repliesKeptPerSession: number
  readonly repliesKeptBytesPerSession: number
  readonly repliesKeptBytesMax: number
  readonly ownTasksPerSession: number
  readonly sessionGraceMs: number
  readonly sessionsDetachedMax: number
}
