/**
 * `kill -9` at any moment, many times in a row, while clients start, steer and read: what anybody was told holds.
 * `CRASH_RUNS` sets the number of kills, `CRASH_SEED` makes a run again as far as chance is ours.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { readLinuxProcess, readLinuxProcesses } from '../../src/runners/linux-processes.ts'
import type { EventMessage } from '../../src/wire/envelope.ts'
import { DaemonPlace, DaemonProcess, startDaemonProcess } from '../daemon/daemon-process.ts'
import { CrashWorld, Dice, digestOf } from './crash-world.ts'

const kills = Number(process.env['CRASH_RUNS'] ?? 200)
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000)

/** The whole journal, as a reader finds it that comes when all is over. */
async function journalOf(place: DaemonPlace): Promise<EventMessage[]> {
  await using client = new CallboardClient({ socketPath: place.socketPath, attemptsMax: 5 })
  const events: EventMessage[] = []
  for await (const message of client.events({ after: 0, until: 'head' })) {
    if (message.type === 'TaskEvent') events.push(message)
    else throw new Error(`a gap: ${JSON.stringify(message)}`)
  }
  return events
}

/** How many events of this name each request caused. */
function causedBy(journal: readonly EventMessage[], name: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { causedBy: cause, data } of journal) {
    if (cause !== undefined && data.eventName === name) counts.set(cause, (counts.get(cause) ?? 0) + 1)
  }
  return counts
}

function perTask(journal: readonly EventMessage[], name: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { task = '', data } of journal) {
    if (data.eventName === name) counts.set(task, (counts.get(task) ?? 0) + 1)
  }
  return counts
}

/** Processes of these tasks; where given, those that were there before this daemon. */
async function descendantsOf(tasks: ReadonlySet<string>, daemon?: DaemonProcess): Promise<number[]> {
  const snapshot = await readLinuxProcesses()
  const before = daemon === undefined ? Infinity : (readLinuxProcess(daemon.pid)?.start ?? 0)
  const found: number[] = []
  for (const entry of snapshot.entries) {
    if (entry.zombie || entry.start >= before) continue
    const { task } = await snapshot.marks(entry)
    if (task !== undefined && tasks.has(task)) found.push(entry.pid)
  }
  return found
}

/** Events of one request that are told twice. `message` apart: a task's first words and its output are some. */
function toldTwice(journal: readonly EventMessage[]): string[] {
  const told = new Set<string>()
  const twice: string[] = []
  for (const { causedBy, data } of journal) {
    if (causedBy === undefined || data.eventName === 'message') continue
    const what = `${causedBy} ${data.eventName}`
    if (told.has(what)) twice.push(what)
    told.add(what)
  }
  return twice
}

const steps: Readonly<Record<string, string>> = {
  taskCreated: 'c',
  taskFocused: 'f',
  taskStarted: 's',
  taskCompleted: 'e',
  taskAborted: 'e',
}
/** It is created once; each run begins, starts or not, and ends once. */
const wholeLife = /^c(?:fs?e)+$/

/** Tasks whose events are not a life, with what they are. */
function brokenLives(journal: readonly EventMessage[]): string[] {
  const lives = new Map<string, string>()
  for (const { task = '', data } of journal)
    lives.set(task, `${lives.get(task) ?? ''}${steps[data.eventName] ?? ''}`)
  return [...lives].filter(([, life]) => !wholeLife.test(life)).map(([task, life]) => `${task}: ${life}`)
}

/** One daemon and its end, while it starts or while it serves. Returns what was wrong with it. */
async function liveAndDie(place: DaemonPlace, dice: Dice, world: CrashWorld): Promise<string[]> {
  await using daemon = new DaemonProcess({ place })
  const faults: string[] = []
  if (dice.below(4) === 0) await delay(dice.below(700))
  else {
    await daemon.serving()
    const left = await descendantsOf(new Set(world.started.values()), daemon)
    if (left.length > 0) faults.push(`left behind: ${left.join()}`)
    await delay(dice.below(250))
  }
  const end = await daemon.kill()
  if (end !== 'SIGKILL') faults.push(`ended by itself (${end}): ${daemon.log.slice(-2_000)}`)
  return faults
}

it.skipIf(process.platform !== 'linux')(
  `loses nothing that anybody was told in ${kills} kills (seed ${seed})`,
  { timeout: 120_000 + kills * 6_000 },
  async () => {
    console.log(`crash harness: ${kills} kills, CRASH_SEED=${seed}`)
    using place = new DaemonPlace()
    const dice = new Dice(seed)
    await using world = new CrashWorld(place, dice)
    world.begin({ starters: 3, steerers: 2, readers: 3 })
    for (let kill = 0; kill < kills; kill++)
      expect(await liveAndDie(place, dice, world), `kill ${kill}`).toEqual([])
    await using last = await startDaemonProcess({ place })
    await world.settle()
    await expect.poll(async () => idle(place), { timeout: 60_000, interval: 50 }).toBe(true)
    const journal = await journalOf(place)
    await world.readUntil(journal.at(-1)?.seq ?? 0)

    expect(world.faults).toEqual([])
    expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, index) => index + 1))
    const digests = journal.map(digestOf)
    for (const { faults, digests: seen } of world.seen) {
      expect(faults).toEqual([])
      expect([...seen.values()]).toEqual(digests)
    }
    expect(toldTwice(journal)).toEqual([])
    expect(brokenLives(journal)).toEqual([])
    const creations = causedBy(journal, 'taskCreated')
    const resumptions = new Map([...world.resumed.keys()].map((key) => [key, 0]))
    for (const [key, count] of causedBy(journal, 'taskFocused'))
      if (resumptions.has(key)) resumptions.set(key, count)
    expect(world.started.size).toBeGreaterThan(kills)
    for (const key of world.started.keys()) expect([key, creations.get(key)]).toEqual([key, 1])
    for (const [key, count] of resumptions) expect([key, count]).toEqual([key, 1])
    // A start that was committed runs once, and each completion was a run.
    const focused = perTask(journal, 'taskFocused')
    const completed = perTask(journal, 'taskCompleted')
    for (const [key, task] of world.started) {
      expect(world.ran(key), key).toBeLessThanOrEqual(focused.get(task) ?? 0)
      expect(world.ran(key), key).toBeGreaterThanOrEqual(completed.get(task) ?? 0)
    }
    expect(await descendantsOf(new Set(journal.map(({ task }) => task ?? '')))).toEqual([])
    console.log(`${journal.length} events, ${world.started.size} tasks, ${world.resumed.size} resumed`)
    await last.kill('SIGTERM')
  },
)

async function idle(place: DaemonPlace): Promise<boolean> {
  await using client = new CallboardClient({ socketPath: place.socketPath, attemptsMax: 5 })
  const busy = await client.listTasks({ states: ['queued', 'starting', 'running', 'interactive'] })
  return busy.length === 0
}
