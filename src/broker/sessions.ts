/**
 * The sessions that there are. A legacy client's is its connection's; a native one's waits some time for its client to
 * come back, also over a restart: the store has it from its Hello on. Owner: the broker actor.
 */
import type { SessionRecord } from '../store/store.ts'
import type { RepliesAccount } from './replies.ts'
import { Session } from './session.ts'
import type { SessionOptions } from './session.ts'
import { isStoreUnavailable } from './transaction.ts'
import type { SessionChanges } from './transaction.ts'

const noChanges: SessionChanges = { saved: [], forgotten: [] }

export class Sessions {
  readonly #options: SessionOptions
  readonly #newId: () => string
  readonly #now: () => number
  /** Native sessions by id: attached, or waiting for their client (oldest detachment first). */
  readonly #known = new Map<string, Session>()
  readonly #detached = new Map<string, Session>()
  readonly #replies: RepliesAccount
  readonly #startedAt: number
  /** Those of an earlier start that nobody has come back for yet; undefined until they have been read. */
  #stored: Map<string, SessionRecord> | undefined
  readonly #readStored: () => readonly SessionRecord[]
  readonly #changed = new Set<Session>()
  readonly #forgotten = new Set<string>()
  #opened = 0

  /** `stored`: what the store has from earlier starts, read when it is first needed. */
  constructor(
    options: SessionOptions,
    newId: () => string,
    now: () => number,
    stored: () => readonly SessionRecord[] = () => [],
  ) {
    this.#options = options
    this.#readStored = stored
    this.#startedAt = now()
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
    this.touch(session)
  }

  /** Whether its client can come back. */
  isKept(session: Session): boolean {
    return this.#known.get(session.id) === session
  }

  /** The store gets it with the next commit, where it is kept. */
  touch(session: Session): void {
    if (this.isKept(session)) this.#changed.add(session)
  }

  /** What the store does not know yet. */
  changes(): SessionChanges {
    if (this.#changed.size === 0 && this.#forgotten.size === 0) return noChanges
    const saved = Array.from(this.#changed, (session) => session.record(this.#now()))
    return { saved, forgotten: [...this.#forgotten] }
  }

  /** The store has taken what `changes` gave. */
  kept(): void {
    this.#changed.clear()
    this.#forgotten.clear()
  }

  /** An earlier session of this listener; undefined where none is known by this id (or any more). */
  find(id: string, listener: string): Session | undefined {
    this.forgetOld()
    const session = this.#known.get(id) ?? this.#takeUpStored(id)
    return session?.listener === listener ? session : undefined
  }

  #takeUpStored(id: string): Session | undefined {
    const record = this.#storedOnes().get(id)
    if (record === undefined) return undefined
    this.#storedOnes().delete(id)
    const session = new Session(id, ++this.#opened, record.listener, this.#options, this.#replies)
    session.restore(record)
    session.detachedAt = this.#startedAt
    this.#known.set(id, session)
    this.#detached.set(id, session)
    return session
  }

  #storedOnes(): Map<string, SessionRecord> {
    this.#stored ??= new Map(this.#readStored().map((record) => [record.id, record]))
    return this.#stored
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
    this.forgetOld()
  }

  get count(): number {
    return this.#known.size
  }

  /** Forgets those for which nobody came back in time. */
  forgetOld(): void {
    const { sessionGraceMs, sessionsDetachedMax } = this.#options
    if (this.#now() - this.#startedAt > sessionGraceMs && this.#stored?.size !== 0) this.#forgetStored()
    for (const [id, session] of this.#detached) {
      const expired = this.#now() - session.detachedAt > sessionGraceMs
      if (!expired && this.#detached.size <= sessionsDetachedMax) return
      this.#detached.delete(id)
      this.#known.delete(id)
      this.#changed.delete(session)
      this.#forgotten.add(id)
      session.replies.clear()
    }
  }

  /** Also called when a link closes, which may be while the store cannot be read: then they are forgotten later. */
  #forgetStored(): void {
    try {
      for (const id of this.#storedOnes().keys()) this.#forgotten.add(id)
      this.#storedOnes().clear()
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error
    }
  }
}
