/**
 * What outlives a link: who the client is, its tasks, its subscription and the answers it was given. A legacy client's
 * session is its connection's; a native one's waits some time for its client to come back. Owner: the broker actor.
 */
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
}

export interface SessionOptions {
  readonly repliesKeptPerSession: number
  readonly repliesKeptBytesPerSession: number
  readonly repliesKeptBytesMax: number
  readonly ownTasksPerSession: number
  readonly sessionGraceMs: number
  readonly sessionsDetachedMax: number
}

export class Sessions {
  readonly #options: SessionOptions
  readonly #newId: () => string
  readonly #now: () => number
  /** Native sessions by id: attached, or waiting for their client (oldest detachment first). */
  readonly #known = new Map<string, Session>()
  readonly #detached = new Map<string, Session>()
  readonly #replies: RepliesAccount
  #opened = 0

  constructor(options: SessionOptions, newId: () => string, now: () => number) {
    this.#options = options
    this.#replies = { bytes: 0, bytesMax: options.repliesKeptBytesMax }
    this.#newId = newId
    this.#now = now
  }

  /** A session for a new connection; nobody can take it up until `keep`. */
  open(listener: string): Session {
    return new Session(this.#newId(), ++this.#opened, listener, this.#options, this.#replies)
  }

  /** From its Hello on, a session waits for its client when the link is lost. */
  keep(session: Session): void {
    this.#known.set(session.id, session)
  }

  /** An earlier session of this listener; undefined where none is known by this id (or any more). */
  find(id: string, listener: string): Session | undefined {
    this.#forgetOld()
    const session = this.#known.get(id)
    return session?.listener === listener ? session : undefined
  }

  attach(session: Session, connectionId: string): void {
    session.connectionId = connectionId
    this.#detached.delete(session.id)
  }

  detach(session: Session, connectionId: string): void {
    if (session.connectionId !== connectionId) return
    session.connectionId = undefined
    if (!this.#known.has(session.id)) return session.replies.clear()
    session.detachedAt = this.#now()
    this.#detached.set(session.id, session)
    this.#forgetOld()
  }

  get count(): number {
    return this.#known.size
  }

  #forgetOld(): void {
    const { sessionGraceMs, sessionsDetachedMax } = this.#options
    for (const [id, session] of this.#detached) {
      const expired = this.#now() - session.detachedAt > sessionGraceMs
      if (!expired && this.#detached.size <= sessionsDetachedMax) return
      this.#detached.delete(id)
      this.#known.delete(id)
      session.replies.clear()
    }
  }
}
