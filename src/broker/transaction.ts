/**
 * Everything that one step changes, as one commit: events, tasks' records, sessions, answers. What the step does in
 * memory it can undo; what it does to the world (spawn, signal, write to a run) waits until the store has the commit and
 * readers are marked. Owner: the broker actor. The trap: nothing outside may look at staged events or records.
 */
import type { AnswerRecord, Commit, SessionRecord, Store, TaskRecord } from '../store/store.ts'
import type { Journal, JournalDraft, JournalEntry } from './journal.ts'

type Step = () => void

export class Transaction {
  readonly #journal: Journal
  readonly #entries: JournalEntry[] = []
  readonly #records = new Map<string, () => TaskRecord>()
  readonly #answers: AnswerRecord[] = []
  readonly #forgotten = new Set<string>()
  readonly #undos: Step[] = []
  readonly #effects: Step[] = []

  constructor(journal: Journal) {
    this.#journal = journal
  }

  /**
   * Journals events of one task, in order; returns the first one's sequence. Throws where one cannot be said: then none
   * of the draft is kept.
   */
  stage(draft: JournalDraft): number {
    const first = this.#journal.head + 1
    for (const entry of this.#journal.stage(draft)) this.#entries.push(entry)
    return first
  }

  /** Saves a task's record, made when the transaction commits. */
  save(id: string, record: () => TaskRecord): void {
    const earlier = this.#records.get(id)
    this.#records.set(id, record)
    if (earlier === record) return
    this.undo(() => {
      if (earlier === undefined) this.#records.delete(id)
      else this.#records.set(id, earlier)
    })
  }

  /** The record of a task as it would be committed now; undefined where it is not among them. */
  record(id: string): TaskRecord | undefined {
    return this.#records.get(id)?.()
  }

  /** Lets a settled task go, with its events. */
  forget(id: string): void {
    this.#forgotten.add(id)
    this.undo(() => this.#forgotten.delete(id))
  }

  /** Whether it is to go with this transaction. */
  forgets(id: string): boolean {
    return this.#forgotten.has(id)
  }

  /** Keeps an answer, so that it is given again. */
  answer(record: AnswerRecord): void {
    this.#answers.push(record)
  }

  /** Takes back a change in memory, should the commit fail: the last change first. Must not throw. */
  undo(undo: Step): void {
    this.#undos.push(undo)
  }

  /** Runs once the store has it and readers are marked, in order. It may open transactions of its own. */
  afterCommit(effect: Step): void {
    this.#effects.push(effect)
  }

  /** Notes where it stands; what is returned takes back all that was done since. */
  savepoint(): Step {
    const forget = this.#journal.checkpoint()
    const undos = this.#undos.length
    const counts = [this.#entries.length, this.#answers.length, this.#effects.length] as const
    return () => {
      while (this.#undos.length > undos) this.#undos.pop()?.()
      ;[this.#entries.length, this.#answers.length, this.#effects.length] = counts
      forget()
    }
  }

  /** Nothing of it has been done. */
  get isPristine(): boolean {
    return this.#undos.length + this.#entries.length + this.#effects.length + this.#answers.length === 0
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries
  }

  get effects(): readonly Step[] {
    return this.#effects
  }

  /** What is to be committed; undefined where that is nothing. */
  commit(sessions: SessionChanges): Commit | undefined {
    const { saved, forgotten } = sessions
    const events = this.#entries.length
    const parts = [this.#records.size, this.#answers.length, saved.length, forgotten.length]
    const things = parts.reduce((sum, count) => sum + count, events + this.#forgotten.size)
    if (things === 0) return undefined
    const commit: { -readonly [Key in keyof Commit]: Commit[Key] } = {}
    if (events > 0) commit.events = this.#entries
    if (this.#records.size > 0) commit.tasks = Array.from(this.#records.values(), (record) => record())
    if (this.#answers.length > 0) commit.answers = this.#answers
    if (saved.length > 0) commit.sessions = saved
    if (forgotten.length > 0) commit.forgottenSessions = forgotten
    if (this.#forgotten.size > 0) commit.forgottenTasks = [...this.#forgotten]
    return commit
  }
}

/** Sessions that changed since the store last had them. */
export interface SessionChanges {
  readonly saved: readonly SessionRecord[]
  readonly forgotten: readonly string[]
}

export interface TransactionsOptions {
  readonly journal: Journal
  readonly store: Store
  /** Sessions that changed; they stay changed until `kept` is called. */
  readonly sessions: { changes(): SessionChanges; kept(): void }
  /** Marks the readers of committed events. */
  readonly announce: (entries: readonly JournalEntry[]) => void
  /** An effect threw: the others are run all the same. */
  readonly effectFailed: (error: unknown) => void
  /** The store said that it cannot commit. */
  readonly refused: (error: Error) => void
}

/** One transaction at a time; whoever works inside an open one joins it. */
export class Transactions {
  readonly #options: TransactionsOptions
  #open: Transaction | undefined
  #rollBack: Step = () => {}

  constructor(options: TransactionsOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /** The open one. Throws where there is none: that is a mistake of ours. */
  get current(): Transaction {
    if (this.#open === undefined) throw new Error('no transaction is open')
    return this.#open
  }

  /**
   * Does `work` in the open transaction, or in one of its own, which is committed. Throws what `work` throws, or what
   * the store throws: then one of its own is undone.
   */
  run<T>(work: (transaction: Transaction) => T): T {
    if (this.#open !== undefined) return work(this.#open)
    const transaction = this.begin()
    let result: T
    try {
      result = work(transaction)
    } catch (error) {
      this.#abandon()
      throw error
    }
    this.commit()
    return result
  }

  /** Does `work` in the open transaction; what it did is taken back where it throws. */
  attempt<T>(work: () => T): T {
    const { current } = this
    // Nothing has been done yet: its beginning will do.
    const takeBack = current.isPristine ? this.#rollBack : current.savepoint()
    try {
      return work()
    } catch (error) {
      takeBack()
      throw error
    }
  }

  /** Opens one that `commit` ends. */
  begin(): Transaction {
    if (this.#open !== undefined) throw new Error('a transaction is open')
    this.#open = new Transaction(this.#options.journal)
    this.#rollBack = this.#open.savepoint()
    return this.#open
  }

  /** Commits the open one, marks readers, then runs its effects. Throws what the store throws: then it is undone. */
  commit(): void {
    const transaction = this.current
    try {
      this.#store(transaction)
    } catch (error) {
      this.#abandon()
      if (isStoreUnavailable(error)) this.#options.refused(error)
      throw error
    }
    this.#open = undefined
    this.#options.journal.committed(transaction.entries)
    if (transaction.entries.length > 0) this.#options.announce(transaction.entries)
    for (const effect of transaction.effects) this.#take(effect)
  }

  #store(transaction: Transaction): void {
    const { sessions, store } = this.#options
    const commit = transaction.commit(sessions.changes())
    if (commit === undefined) return
    store.commit(commit)
    sessions.kept()
  }

  #abandon(): void {
    this.#rollBack()
    this.#open = undefined
  }

  #take(effect: Step): void {
    try {
      effect()
    } catch (error) {
      this.#options.effectFailed(error)
    }
  }
}

/** By its name: the class is the store's own. */
export function isStoreUnavailable(error: unknown): error is Error {
  return error instanceof Error && error.name === 'StoreUnavailable'
}
