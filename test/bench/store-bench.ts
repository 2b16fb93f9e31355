/**
 * The store's section of `npm run bench`, also by itself (`node test/bench/store-bench.ts [commits|large|steady]`): what a commit costs by
 * batch and durability, how fast it is read back, how long an opening takes, and what the event loop feels of it.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import type { Limits } from '../../src/limits.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { SqliteStore } from '../../src/store/sqlite-store.ts'
import type { StoredEvent, TaskRecord } from '../../src/store/store.ts'

export type Shown = (figures: readonly number[]) => string

type Durability = 'normal' | 'full'

/** How the tasks of a batch follow each other. */
const mixes = ['one task', 'ten tasks in turn', 'ten tasks, one after the other'] as const
type Mix = (typeof mixes)[number]

const batches = [1, 10, 100, 1_000] as const
const text = 'x'.repeat(180)

/** Events as the journal has them: frames of about 330 bytes, one behind the other in a buffer. */
function eventsAfter(head: number, count: number, taskOf: (index: number) => string): StoredEvent[] {
  const frames = Array.from({ length: count }, (_, index) => frameOf(head + index + 1, taskOf(index)))
  const slab = Buffer.from(frames.join(''))
  let end = 0
  return frames.map((frame, index) => {
    const start = end
    end += frame.length
    return { seq: head + index + 1, task: taskOf(index), name: 'message', frame: slab.subarray(start, end) }
  })
}

function frameOf(seq: number, task: string): string {
  const message = { ts: seq, type: 'say', say: 'text', text, partial: false }
  const data = { eventName: 'message', payload: [{ taskId: task, action: 'updated', message }] }
  return `${JSON.stringify({ type: 'TaskEvent', origin: 'server', seq, task, at: 1_700_000_000_000, data })}\f`
}

function record(id: string, state: TaskRecord['state']): TaskRecord {
  const rest = { text: 'a task', createdAt: 1, resumable: true, startedBy: 'bench', lastTs: 1, runs: 1 }
  const request = { text: 'a task', configuration: { apiKey: 'none', callboard: { command: ['true'] } } }
  return { id, state, request, machine: { version: 1, snapshot: { value: state, context: {} } }, ...rest }
}

function open(directory: string, durability: Durability, limits: Partial<Limits> = {}): SqliteStore {
  const outcome = openSqliteStore({ directory, durability, limits, now: Date.now })
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.store
}

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'callboard-bench-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const taskOf: Readonly<Record<Mix, (commit: number, index: number, batch: number) => string>> = {
  'one task': (commit) => `task-${commit % 50}`,
  'ten tasks in turn': (_, index) => `task-${index % 10}`,
  'ten tasks, one after the other': (_, index, batch) => `task-${Math.floor((index * 10) / batch)}`,
}

/** CPU µs of the whole process, the checkpoint's thread included, per event. */
async function commitCost(durability: Durability, batch: number, mix: Mix): Promise<number> {
  return inDirectory(async (directory) => {
    const store = open(directory, durability)
    const commits = durability === 'full' ? 200 : Math.min(10_000, Math.ceil(200_000 / batch))
    let spentUs = 0
    for (let commit = 0; commit < commits; commit++) {
      const events = eventsAfter(store.head, batch, (index) => taskOf[mix](commit, index, batch))
      const before = process.cpuUsage()
      store.commit({ events })
      const { user, system } = process.cpuUsage(before)
      spentUs += user + system
      if (commit % 16 === 0) await turn()
    }
    store.close()
    return spentUs / (commits * batch)
  })
}

async function measureCommits(rounds: number, shown: Shown): Promise<void> {
  console.log(`\njournal — CPU µs per event of 330 bytes, median (min–max) of ${rounds}`)
  for (const [durability, mix] of [
    ...mixes.map((mix) => ['normal', mix] as const),
    ['full', 'one task'] as const,
  ]) {
    for (const batch of batches) {
      if (batch < 10 && mix !== 'one task') continue
      const figures: number[] = []
      for (let round = 0; round < rounds; round++) figures.push(await commitCost(durability, batch, mix))
      console.log(
        `  ${durability.padEnd(7)} batches of ${String(batch).padEnd(5)} ${mix.padEnd(32)} ${shown(figures)}`,
      )
    }
  }
}

const largeEvents = 1_000_000
const largeTasks = 10_000

/** A million events of ten thousand tasks, a few of which are live. */
async function fillLarge(store: SqliteStore): Promise<void> {
  for (let index = 0; index < largeTasks; index++) {
    const id = `task-${index}`
    const events = eventsAfter(store.head, largeEvents / largeTasks, () => id)
    for (let start = 0; start < events.length; start += 10)
      store.commit({ events: events.slice(start, start + 10) })
    store.commit({ tasks: [record(id, index % 100 === 0 ? 'running' : 'completed')] })
    if (index % 16 === 0) await turn()
  }
}

/** Milliseconds of opening a copy of the files as they lie, as a start after a kill finds them. */
function openingMs(from: string, to: string): number {
  mkdirSync(to)
  for (const name of ['journal.sqlite', 'journal.sqlite-wal'])
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
  const began = performance.now()
  const store = open(to, 'normal')
  const unsettled = store.unsettled().length
  const took = performance.now() - began
  if (store.head !== largeEvents || unsettled !== largeTasks / 100) throw new Error('not all came back')
  store.close()
  rmSync(to, { recursive: true })
  return took
}

function replayPerSecond(store: SqliteStore, bytesMax: number): number {
  const began = performance.now()
  let count = 0
  for (let after = 0; after < store.head;) {
    const events = store.read(after, bytesMax)
    count += events.length
    after = events.at(-1)?.seq ?? store.head
  }
  return count / ((performance.now() - began) / 1_000)
}

async function measureLarge(rounds: number, shown: Shown): Promise<void> {
  await inDirectory(async (directory) => {
    const store = open(directory, 'normal', { retentionTasksMax: 20_000 })
    await fillLarge(store)
    const times = Array.from({ length: rounds }, (_, round) =>
      openingMs(directory, join(directory, `${round}`)),
    )
    const list: number[] = []
    const speed: number[] = []
    for (let round = 0; round < rounds; round++) {
      speed.push(replayPerSecond(store, 64 * 1024) / 1_000)
      const began = performance.now()
      store.tasks()
      list.push(performance.now() - began)
    }
    const size = `${largeEvents / 1e6} M events in batches of 10, ${largeTasks} tasks`
    console.log(`\n${size}, median (min–max) of ${rounds}`)
    console.log(`  opening after a kill, with the unsettled tasks   ${shown(times)} ms`)
    console.log(`  replay in reads of 64 KiB                        ${shown(speed)} thousand events/s`)
    console.log(`  listing all tasks                                ${shown(list)} ms`)
    store.close()
  })
}

const steadyMs = 20_000
const steadyPerSecond = 2_000

/** What the loop feels on this machine now where nothing is committed. */
async function measureEmptyLoop(): Promise<void> {
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  for (const end = performance.now() + steadyMs / 4; performance.now() < end;) {
    eventsAfter(0, 10, () => 'task')
    await delay(5)
  }
  loop.disable()
  console.log(
    `  without a store: p50 ${ms(loop.percentile(50))}, p99 ${ms(loop.percentile(99))}, max ${ms(loop.max)}`,
  )
}

/** Ten events every five milliseconds, of tasks that settle and go: checkpoints and retention never rest. */
async function measureSteady(): Promise<void> {
  await inDirectory(async (directory) => {
    const limits = { retentionTasksMax: 20, retentionEveryMs: 50, walCheckpointBytes: 1024 * 1024 }
    const store = open(directory, 'normal', limits)
    const commitMs: number[] = []
    const loop = monitorEventLoopDelay({ resolution: 1 })
    await delay(200)
    loop.enable()
    const before = process.cpuUsage()
    const began = performance.now()
    let count = 0
    while (performance.now() - began < steadyMs) {
      const due = Math.floor(((performance.now() - began) / 1_000) * steadyPerSecond) - count
      for (let left = due; left > 0; left -= 10) {
        const id = `task-${Math.floor(count / 500)}`
        const events = eventsAfter(store.head, 10, () => id)
        const started = performance.now()
        store.commit({ events, ...(count % 500 === 0 ? { tasks: [record(id, 'completed')] } : {}) })
        commitMs.push(performance.now() - started)
        count += 10
      }
      await delay(5)
    }
    loop.disable()
    const { user, system } = process.cpuUsage(before)
    const tookMs = performance.now() - began
    const sorted = commitMs.toSorted((a, b) => a - b)
    const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(2)
    console.log(
      `\n${steadyPerSecond} events/s for ${steadyMs / 1_000} s in batches of 10, with checkpoints and retention`,
    )
    console.log(
      `  event loop delay p50 ${ms(loop.percentile(50))}, p99 ${ms(loop.percentile(99))}, max ${ms(loop.max)}`,
    )
    await measureEmptyLoop()
    console.log(`  one commit p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`)
    console.log(`  CPU ${((user + system) / tookMs / 10).toFixed(1)} % of a core`)
    console.log(`  retention took ${store.head - store.use().events} of ${store.head} events`)
    store.close()
  })
}

function ms(nanoseconds: number): string {
  return `${(nanoseconds / 1e6).toFixed(2)} ms`
}

const sections: Readonly<Record<string, (rounds: number, shown: Shown) => Promise<void>>> = {
  commits: measureCommits,
  large: measureLarge,
  steady: measureSteady,
}

/** Measures and prints; asserts nothing. `only` names one of the sections. */
export async function measureStore(rounds: number, shown: Shown, only?: string): Promise<void> {
  for (const [name, measure] of Object.entries(sections))
    if (only === undefined || only === name) await measure(rounds, shown)
}

function plainly(figures: readonly number[]): string {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  return `${middle.toPrecision(3)} (${sorted[0]?.toPrecision(3)}–${sorted.at(-1)?.toPrecision(3)})`
}

if (import.meta.main) await measureStore(Number(process.env['BENCH_ROUNDS'] ?? 3), plainly, process.argv[2])
