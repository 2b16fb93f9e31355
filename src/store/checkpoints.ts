/**
 * Keeps the write-ahead log small: the worker moves it into the file each time it grew by some megabytes. The log starts
 * anew by itself when all of it was moved at a moment when nobody wrote; under steady load it may not, and past its
 * bound what is left is moved here, at once. Never throws: a failure is logged and tried again.
 */
import { statSync } from 'node:fs'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { Limits } from '../limits.ts'
import { checkpointProgram } from './checkpoint-thread.ts'
import type { StoreLog } from './store-log.ts'

export interface CheckpointOptions {
  readonly path: string
  readonly limits: Pick<Limits, 'walCheckpointBytes' | 'walBytesMax' | 'walErasedMs' | 'walWaitMs'>
  readonly log: StoreLog | undefined
}

/** What a transaction writes besides the bytes it was given: a page or two for each row. */
const rowBytes = 2 * 4_096

/** It runs one statement: V8's defaults would let it take as much as the daemon itself. In MiB. */
const threadMemory = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16, stackSizeMb: 1 }

export class Checkpoints {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #limits: CheckpointOptions['limits']
  readonly #log: StoreLog | undefined
  readonly #truncate: StatementSync
  #worker: Worker | undefined
  /** 1 while the thread works, so that it can be waited for. */
  readonly #working = new Int32Array(new SharedArrayBuffer(4))
  #busy = false
  #grown = 0
  #emptying = false
  #emptyingSince = 0

  constructor(database: DatabaseSync, { path, limits, log }: CheckpointOptions) {
    this.#database = database
    this.#path = path
    this.#limits = limits
    this.#log = log
    this.#truncate = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  /** Notes what was committed. True when it is time for a checkpoint. */
  grew(bytes: number, rows: number): boolean {
    this.#grown += bytes + rows * rowBytes
    if (this.#grown < this.#limits.walCheckpointBytes) return false
    if (!this.#busy) return true
    this.#grown = 0
    if (this.walBytes > this.#limits.walBytesMax) this.#catchUp()
    return false
  }

  /** The thread does not keep up, or has only been started: whoever writes has to wait. */
  #catchUp(): void {
    if (this.#empty()) return
    Atomics.wait(this.#working, 0, 1, this.#limits.walWaitMs)
    this.#empty()
  }

  /** Bytes of the log's file. */
  get walBytes(): number {
    return statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  /** Has the worker move the log. `empty`: also what is left of it on the disk must go soon, since it holds secrets. */
  start(empty = false): void {
    if (empty && !this.#emptying) this.#emptyingSince = performance.now()
    this.#emptying ||= empty
    if (this.#busy) return
    this.#grown = 0
    this.#busy = true
    Atomics.store(this.#working, 0, 1)
    this.#worker ??= this.#startWorker()
    this.#worker.postMessage('checkpoint')
  }

  /** Ends the worker and moves the whole log. */
  close(): void {
    const worker = this.#worker
    this.#worker = undefined
    worker?.removeAllListeners()
    // A worker that fails on its way out has nobody left to tell.
    worker?.on('error', () => undefined)
    void worker?.terminate()
    this.#empty()
  }

  #startWorker(): Worker {
    const workerData = { path: this.#path, working: this.#working }
    const worker = new Worker(checkpointProgram, {
      eval: true,
      workerData,
      execArgv: [],
      env: {},
      resourceLimits: threadMemory,
    })
    worker.unref()
    worker.on('message', (fault: unknown) => this.#done(fault))
    worker.on('error', (error) => {
      this.#worker = undefined
      this.#done(error.message)
    })
    return worker
  }

  #done(fault: unknown): void {
    this.#busy = false
    Atomics.store(this.#working, 0, 0)
    if (typeof fault === 'string') this.#log?.warn({ reason: fault }, 'checkpoint failed')
    // Where nothing came meanwhile it is quick; else it is for a moment when nothing comes, or waits no longer.
    const { walErasedMs, walBytesMax } = this.#limits
    const quick = this.#grown === 0 && fault === undefined
    const waited = performance.now() - this.#emptyingSince
    if (this.#emptying && (quick || waited > walErasedMs)) this.#empty()
    else if (this.walBytes > walBytesMax) this.#empty()
  }

  /** Moves what the worker left and cuts the log's file to nothing. False where a reader or the worker is in it. */
  #empty(): boolean {
    if (!this.#database.isOpen) return false
    try {
      const done = this.#truncate.get()?.['busy'] === 0
      if (done) this.#emptying = false
      return done
    } catch (error) {
      this.#log?.warn({ reason: error instanceof Error ? error.message : String(error) }, 'checkpoint failed')
      return false
    }
  }

  /** What is still to be emptied is tried again. */
  retry(): void {
    if (this.#emptying) this.start()
  }
}
