/**
 * A journal of a million events and ten thousand tasks: how long a start takes with it, and what it costs to replay it to
 * twenty readers at once. Its temporary files take a gigabyte.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { DaemonPlace, startDaemonProcess } from '../daemon/daemon-process.ts'
import type { DaemonProcess } from '../daemon/daemon-process.ts'
import {
  copyJournal,
  largeEvents,
  largeRetention,
  largeTasks,
  makeLargeJournal,
  runningBefore,
} from './large-journal.ts'
import { ReplayReader } from './replay-reader.ts'
import type { Pace } from './replay-reader.ts'

const MB = 1_000_000
const patience = { timeout: 60_000, interval: 20 }
const rounds = 3
const startMsMax = 1_000
/** So many are written at most, however long the replay takes. */
const writtenTasksMax = 500
const rssBytesMax = 200 * MB
/** Some read what they can, some at the pace of a busy program, some at that of a slow one. */
const busy: Pace = { everyBytes: 256 * 1024, restMs: 5 }
const slow: Pace = { everyBytes: 64 * 1024, restMs: 4 }
const unpaced: readonly (Pace | undefined)[] = Array.from({ length: 12 })
const paces = [...unpaced, busy, busy, busy, busy, busy, slow, slow, slow]

let made: DaemonPlace
let replayedBytes = 0

beforeAll(() => {
  made = new DaemonPlace()
  replayedBytes = makeLargeJournal(made.home)
}, 180_000)

afterAll(() => made.remove())

/** A daemon's directories with the journal as it was made, or with none. */
function placeOf(journal: 'large' | 'empty'): DaemonPlace {
  const place = new DaemonPlace()
  place.writeConfig({ store: { retention: largeRetention } })
  if (journal === 'large') copyJournal(made.home, place.home)
  return place
}

/**
 * From the spawn to serving, less what its main thread waited for a core, since other tests are no part of it; with how
 * many tasks it interrupted.
 */
async function started(journal: 'large' | 'empty'): Promise<{ ms: number; resumable: number | undefined }> {
  using place = placeOf(journal)
  const began = performance.now()
  await using daemon = await startDaemonProcess({ place })
  const ms = performance.now() - began - waitedMs(daemon)
  await using client = clientOf(daemon)
  const { tasks } = await client.getStatus()
  return { ms, resumable: tasks['resumable'] }
}

function clientOf({ socketPath }: DaemonProcess): CallboardClient {
  return new CallboardClient({ socketPath, attemptsMax: 3 })
}

/** How long the main thread could have run and had no core; nothing where the kernel does not count it. */
function waitedMs({ pid }: DaemonProcess): number {
  const path = `/proc/${pid}/schedstat`
  const [, waited = 0] = existsSync(path) ? readFileSync(path, 'utf8').split(' ') : []
  return Number(waited) / 1e6
}

function openFiles({ pid }: DaemonProcess): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** The most that a daemon's resident memory was. */
class MemoryWatch implements Disposable {
  peakBytes = 0
  readonly #timer: NodeJS.Timeout

  constructor(daemon: DaemonProcess) {
    this.#timer = setInterval(() => {
      this.peakBytes = Math.max(this.peakBytes, daemon.rssBytes())
    }, 20)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

/** Writes until told to stop, and asks how long an answer takes. Returns the longest, in milliseconds. */
async function writeMeanwhile(client: CallboardClient, stop: AbortSignal): Promise<number> {
  let slowestMs = 0
  const configuration = { callboard: { command: ['seq', '1', '500'] } }
  for (let tasks = 0; !stop.aborted && tasks < writtenTasksMax; tasks++) {
    const asked = performance.now()
    await client.startTask({ text: 'write', configuration })
    slowestMs = Math.max(slowestMs, performance.now() - asked)
    await delay(200)
  }
  return slowestMs
}

it(`serves ${largeEvents} events and ${largeTasks} tasks at most ${startMsMax} ms later than none`, async () => {
  const times: Record<'large' | 'empty', number[]> = { large: [], empty: [] }
  for (let round = 0; round < rounds; round++) {
    const large = await started('large')
    expect(large.resumable).toBe(runningBefore)
    times.large.push(large.ms)
    times.empty.push((await started('empty')).ms)
  }
  const [large, empty] = [Math.min(...times.large), Math.min(...times.empty)]
  console.log(`start: ${large.toFixed(0)} ms with the journal, ${empty.toFixed(0)} ms without`)
  expect(large - empty).toBeLessThan(startMsMax)
})

it(`replays all of it to ${paces.length} readers while tasks write, within 200 MB`, async () => {
  using place = placeOf('large')
  await using daemon = await startDaemonProcess({ place })
  using memory = new MemoryWatch(daemon)
  await using writer = clientOf(daemon)
  const stop = new AbortController()
  const began = performance.now()
  const writing = writeMeanwhile(writer, stop.signal)
  const readers = paces.map((pace) => new ReplayReader(daemon.socketPath, largeEvents, pace))
  const finished: number[] = []
  for (const pace of new Set(paces)) {
    const some = readers.filter((_, index) => paces[index] === pace)
    await vi.waitFor(() => expect(Math.min(...some.map(({ last }) => last))).toBeGreaterThan(largeEvents), {
      timeout: 500_000,
      interval: 50,
    })
    finished.push(performance.now() - began)
  }
  stop.abort()
  const slowestMs = await writing
  await vi.waitFor(async () => expect((await writer.getStatus()).tasks['running'] ?? 0).toBe(0), patience)
  const { head } = (await writer.getStatus()).journal
  await vi.waitFor(() => expect(readers.map(({ last }) => last)).toEqual(readers.map(() => head)), patience)

  for (const { faults, events, eventBytes } of readers) {
    expect(faults).toEqual([])
    expect({ events, eventBytes }).toEqual({ events: head, eventBytes: replayedBytes })
  }
  const seconds = finished.map((ms) => (ms / 1_000).toFixed(1)).join(', ')
  const peak = (memory.peakBytes / MB).toFixed(0)
  console.log(`replayed in ${seconds} s by pace; RSS ${peak} MB; slowest start ${slowestMs.toFixed(0)} ms`)
  expect(memory.peakBytes).toBeLessThan(rssBytesMax)
  for (const reader of readers) await reader.close()
})

it('keeps nothing of readers that die in the middle of it', async () => {
  using place = placeOf('large')
  await using daemon = await startDaemonProcess({ place })
  using memory = new MemoryWatch(daemon)
  await using client = clientOf(daemon)
  await client.connect()
  await vi.waitFor(async () => expect((await client.getStatus()).tasks['queued'] ?? 0).toBe(0), patience)
  const die = async (count: number): Promise<void> => {
    const readers = Array.from({ length: count }, () => new ReplayReader(daemon.socketPath, largeEvents))
    for (const reader of readers) {
      await vi.waitFor(() => expect(reader.last).toBeGreaterThan(20_000), patience)
      expect(reader.last).toBeLessThan(largeEvents)
      await reader.close()
    }
    await vi.waitFor(async () => expect(await client.getStatus()).toMatchObject({ connections: 1 }), patience)
  }
  await die(10)
  const files = openFiles(daemon)
  const [before, peak] = [daemon.rssBytes(), memory.peakBytes]
  for (let round = 0; round < 5; round++) await die(10)
  // A file of a moment (a checkpoint's, say) may have been among those counted before: more of them is what a leak is.
  await vi.waitFor(() => expect(openFiles(daemon)).toBeLessThanOrEqual(files), patience)
  console.log(
    `60 dead readers: RSS ${(before / MB).toFixed(0)} MB after 10, at most ${(memory.peakBytes / MB).toFixed(0)}`,
  )
  expect(memory.peakBytes).toBeLessThan(Math.max(peak, before + 16 * MB))
})
