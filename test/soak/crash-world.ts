/**
 * Clients of a daemon that is killed again and again: starters, steerers and readers, each over its own CallboardClient
 * that reconnects by itself. They note what they were answered and what they saw; crash.test.ts compares it with the
 * journal at the end.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { CallboardError } from '../../src/client/callboard-error.ts'
import type { EventMessage } from '../../src/wire/envelope.ts'
import type { DaemonPlace } from '../daemon/daemon-process.ts'

/** Whole numbers from a seed, so that a run can be made again as far as chance is ours. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below `bound`: mulberry32. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }

  oneOf<T>(all: readonly T[]): T | undefined {
    return all[this.below(Math.max(1, all.length))]
  }
}

/** What one reader saw, by sequence: a digest of each event. */
export class Seen {
  readonly digests = new Map<number, string>()
  readonly faults: string[] = []
  last = 0

  take(event: EventMessage): void {
    const { seq } = event
    // What is told of the present alone is no history.
    if (seq === undefined) return
    if (seq <= this.last) this.faults.push(`${seq} came after ${this.last}`)
    if (seq !== this.last + 1) this.faults.push(`${seq} came next to ${this.last}`)
    this.last = seq
    this.digests.set(seq, digestOf(event))
  }
}

export function digestOf(event: EventMessage): string {
  return createHash('sha1').update(JSON.stringify(event)).digest('base64')
}

/** Starts that each starter has unanswered at a time: more than run at once on a small machine, so that some wait. */
const startsInFlight = 3

/** Tasks that may wait for a slot before no more are started. */
const waitingMax = 20

/** As long as a daemon may be gone on a busy machine. */
const patience = { timeoutMs: 120_000 } as const

/** `$0` is the file that a run leaves its mark in. */
const leaveMark = 'printf x >> "$0"'

export class CrashWorld implements AsyncDisposable {
  /** Task ids by the request that started them. */
  readonly started = new Map<string, string>()
  /** Tasks by the answered request that resumed them. */
  readonly resumed = new Map<string, string>()
  readonly seen: Seen[] = []
  /** What no client should ever be told. */
  readonly faults: string[] = []
  readonly #place: DaemonPlace
  readonly #dice: Dice
  readonly #clients: CallboardClient[] = []
  readonly #commands: Promise<void>[] = []
  readonly #readers: Promise<void>[] = []
  readonly #marks: string
  #stopping = false
  #requests = 0

  constructor(place: DaemonPlace, dice: Dice) {
    this.#place = place
    this.#dice = dice
    this.#marks = join(place.dir, 'marks')
    mkdirSync(this.#marks)
  }

  begin(counts: { readonly starters: number; readonly steerers: number; readonly readers: number }): void {
    for (let n = 0; n < counts.starters; n++) {
      const client = this.#client(`starter ${n}`)
      for (let flight = 0; flight < startsInFlight; flight++) this.#commands.push(this.#start(client))
    }
    for (let n = 0; n < counts.steerers; n++) this.#commands.push(this.#steer(this.#client(`steerer ${n}`)))
    for (let n = 0; n < counts.readers; n++) this.#readers.push(this.#read(this.#client(`reader ${n}`)))
  }

  /** No new command from here on; resolves when every one that was given has been answered. */
  async settle(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#commands)
  }

  /** Readers end when each has reached `head`. */
  async readUntil(head: number): Promise<void> {
    const deadline = Date.now() + 30_000
    while (this.seen.some(({ last }) => last < head)) {
      if (Date.now() > deadline)
        throw new Error(`readers reached ${this.seen.map(({ last }) => last).join()} of ${head}`)
      await delay(20)
    }
  }

  /** How often the command of a request really ran. */
  ran(key: string): number {
    const path = join(this.#marks, key)
    return existsSync(path) ? readFileSync(path, 'utf8').length : 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#clients.map((client) => client.close()))
    await Promise.allSettled([...this.#commands, ...this.#readers])
  }

  #client(name: string): CallboardClient {
    const limits = { reconnectFirstMs: 5, reconnectLastMs: 50 }
    const client = new CallboardClient({ socketPath: this.#place.socketPath, name, version: '1', limits })
    this.#clients.push(client)
    return client
  }

  async #start(client: CallboardClient): Promise<void> {
    while (!this.#stopping) {
      if (await this.#tooManyWait(client)) continue
      const key = `start-${this.#requests++}`
      const command = ['sh', '-c', `${leaveMark}; ${this.#work()}`, join(this.#marks, key)]
      const settings = { requestId: key, ...patience }
      await this.#answered(`start ${key}`, [], async () => {
        const { taskId } = await client.startTask(
          { text: key, configuration: { callboard: { command } } },
          settings,
        )
        this.started.set(key, taskId)
      })
      await delay(this.#dice.below(40))
    }
  }

  /** Every kill starts the queue's first tasks anew: unbounded it would only grow, and all end in `queue_full`. */
  async #tooManyWait(client: CallboardClient): Promise<boolean> {
    let waiting = 0
    await this.#answered('list', ['closed'], async () => {
      waiting = (await client.listTasks({ states: ['queued'] }, patience)).length
    })
    if (waiting >= waitingMax) await delay(50)
    return waiting >= waitingMax
  }

  /** Short ones, long ones that a kill meets, some with a process that no hangup reaches, some with much to say. */
  #work(): string {
    const kind = this.#dice.below(8)
    if (kind === 0) return 'setsid sleep 600 > /dev/null 2>&1 & sleep 0.3'
    if (kind === 1) return 'echo one; sleep 0.5; echo two'
    if (kind === 2) return 'seq 1 4000'
    return `echo one; sleep 0.0${this.#dice.below(9)}; echo two`
  }

  /** A task may have ended, run or been put away when the command comes: that is an answer like any other. */
  async #steer(client: CallboardClient): Promise<void> {
    while (!this.#stopping) {
      await delay(this.#dice.below(40))
      const kind = this.#dice.below(6)
      const task =
        kind < 3 ? this.#dice.oneOf([...this.started.values()].slice(-20)) : await this.#stopped(client)
      if (task === undefined) continue
      const requestId = `steer-${this.#requests++}`
      const settings = { requestId, ...patience }
      await this.#answered(`${requestId} (${kind})`, ['busy', 'not_resumable', 'unsupported'], async () => {
        if (kind === 0) await client.cancelTask(task, settings)
        else if (kind === 1) await client.closeTask(task, settings)
        else if (kind === 2) await client.sendMessage({ taskId: task, text: 'go on' }, settings)
        else {
          await client.resumeTask(task, settings)
          this.resumed.set(requestId, task)
        }
      })
    }
  }

  /** One of the tasks that were cancelled or interrupted last. */
  async #stopped(client: CallboardClient): Promise<string | undefined> {
    let tasks: string[] = []
    await this.#answered('list', ['closed'], async () => {
      const found = await client.listTasks({ states: ['resumable', 'aborted'] }, patience)
      tasks = found.slice(-20).map(({ id }) => id)
    })
    return this.#dice.oneOf(tasks)
  }

  async #answered(what: string, expected: readonly string[], command: () => Promise<void>): Promise<void> {
    try {
      await command()
    } catch (error) {
      const code = error instanceof CallboardError ? error.code : 'not coded'
      if (!expected.includes(code)) this.faults.push(`${what}: ${code}: ${String(error)}`)
    }
  }

  async #read(client: CallboardClient): Promise<void> {
    const seen = new Seen()
    this.seen.push(seen)
    try {
      for await (const message of client.events({ after: 0 })) {
        if (message.type === 'TaskEvent') seen.take(message)
        else seen.faults.push(`a gap: ${JSON.stringify(message.data)}`)
        // Readers of different speeds: some are in the hot tail, some in the store.
        if (this.#dice.below(200) === 0) await delay(this.#dice.below(20))
      }
    } catch (error) {
      if (!(error instanceof CallboardError && error.code === 'closed')) throw error
    }
  }
}
