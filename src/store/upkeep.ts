/**
 * What keeps a store small while it is open: retention, old answers, emptying the log of what was erased. In chunks,
 * between which the event loop is the broker's. Never throws: what fails is logged once and tried again.
 */
import type { Limits } from '../limits.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { JournalWatch } from './journal-watch.ts'
import type { Position } from './position.ts'
import type { Retention } from './retention.ts'
import type { SessionRows } from './sessions.ts'
import type { StoreLog } from './store-log.ts'
import type { TaskRows } from './tasks.ts'
import type { Transactions } from './transaction.ts'

export interface UpkeepParts {
  readonly transactions: Transactions
  readonly position: Position
  readonly tasks: TaskRows
  readonly sessions: SessionRows
  readonly retention: Retention
  readonly checkpoints: Checkpoints
  readonly watch: JournalWatch
  readonly limits: Limits
  readonly log: StoreLog | undefined
  /** Something was committed. */
  readonly committed: (bytes: number, rows: number) => void
}

/** What one chunk of retention adds to the write-ahead log, in rows. */
const chunkRows = 16

export class Upkeep {
  readonly #parts: UpkeepParts
  #timer: NodeJS.Timeout | undefined
  #failing = false

  constructor(parts: UpkeepParts) {
    this.#parts = parts
  }

  /** Does a chunk every so often, until `stop`. */
  start(): void {
    this.#rest(this.#parts.limits.retentionEveryMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** One chunk; returns whether there is more to do. */
  chunk(): boolean {
    try {
      this.#parts.watch.look()
      this.#parts.watch.refuseMissing()
      this.#parts.checkpoints.retry()
      const time = this.#parts.position.clock.look()
      const answers = this.#forgetAnswers(time)
      const more = this.#parts.retention.due(time) && this.#retain(time)
      this.#failing = false
      return more || answers
    } catch (error) {
      if (!this.#failing)
        this.#parts.log?.warn(
          { reason: error instanceof Error ? error.message : String(error) },
          'the journal cannot be kept small',
        )
      this.#failing = true
      return false
    }
  }

  #rest(ms: number): void {
    const { retentionChunkMs, retentionRestFactor, retentionEveryMs } = this.#parts.limits
    this.#timer = setTimeout(() => {
      const more = this.chunk()
      this.#rest(more ? retentionChunkMs * retentionRestFactor : retentionEveryMs)
    }, ms)
    this.#timer.unref()
  }

  #retain(time: number): boolean {
    const { position, retention, transactions, tasks, committed } = this.#parts
    const undo = position.mark()
    try {
      const more = transactions.run(() => {
        const chunk = retention.chunk(time)
        position.drop(chunk.events, chunk.through)
        position.save()
        return chunk.more
      })
      committed(0, chunkRows)
      return more
    } catch (error) {
      undo()
      tasks.rolledBack()
      throw error
    } finally {
      tasks.forgetRefs()
    }
  }

  #forgetAnswers(time: number): boolean {
    const { limits, sessions, transactions } = this.#parts
    const { answersKeptMs, repliesKeptBytesMax, answersForgottenAtOnce } = limits
    const before = time - answersKeptMs
    return transactions.run(() => sessions.forgetAnswers(before, repliesKeptBytesMax, answersForgottenAtOnce))
  }
}
