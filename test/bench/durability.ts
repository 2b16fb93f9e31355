/**
 * What keeping the journal costs whoever waits: from a command to the last of its events at another link, by durability;
 * and how much later a daemon serves with a large journal than with none. Also by itself: `node test/bench/durability.ts`.
 */
import { DaemonPlace, startDaemonProcess } from '../daemon/daemon-process.ts'
import { durabilities } from '../../src/store/store.ts'
import type { Durability } from '../../src/store/store.ts'
import {
  copyJournal,
  largeEvents,
  largeRetention,
  largeTasks,
  makeLargeJournal,
  runningBefore,
} from '../soak/large-journal.ts'
import { Contestant } from './contestant.ts'
import { CountingLink, eventsPerCommand, publish } from './load.ts'

type Shown = (figures: readonly number[]) => string

const alone = 1_500
const warmUp = 300
const together = 10_000
const window = 200

interface Figures {
  /** Microseconds from the write of a command to the last of its events at another link. */
  readonly p50: number
  readonly p99: number
  /** Of many commands in flight. */
  readonly cpuUs: number
  readonly perSecond: number
}

async function measured(durability: Durability): Promise<Figures> {
  await using server = await Contestant.start('callboard', ['--durability', durability])
  const [publisher, reader] = await CountingLink.open(server.socketPath, 2)
  if (publisher === undefined || reader === undefined) throw new Error('no links')
  const times: number[] = []
  for (let index = 0; index < warmUp + alone; index++) {
    const started = performance.now()
    publisher.command('StartNewTask')
    await reader.reached((index + 1) * eventsPerCommand)
    if (index >= warmUp) times.push((performance.now() - started) * 1_000)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const [before, began] = [server.cpuUs(), performance.now()]
  await publish(publisher, [reader], together, window)
  const seconds = (performance.now() - began) / 1_000
  const events = together * eventsPerCommand
  const cpuUs = (server.cpuUs() - before) / events
  for (const link of [publisher, reader]) link.socket.destroy()
  return { p50: at(sorted, 0.5), p99: at(sorted, 0.99), cpuUs, perSecond: events / seconds }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
}

/** Publish to deliver with each durability, in turn, and prints the figures. */
export async function measureDurability(rounds: number, shown: Shown): Promise<void> {
  const figures = new Map<Durability, Figures[]>(durabilities.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const name of durabilities) figures.get(name)?.push(await measured(name))
  console.log(`\npublish to deliver, ${eventsPerCommand} events a command, median (min–max) of ${rounds}`)
  for (const [name, all] of figures) {
    console.log(`  ${name.padEnd(8)} one at a time: µs p50      ${shown(all.map(({ p50 }) => p50))}`)
    console.log(`  ${''.padEnd(8)}                µs p99      ${shown(all.map(({ p99 }) => p99))}`)
    console.log(`  ${''.padEnd(8)} ${window} in flight: CPU µs/event ${shown(all.map(({ cpuUs }) => cpuUs))}`)
    console.log(
      `  ${''.padEnd(8)}                events/s    ${shown(all.map(({ perSecond }) => perSecond))}`,
    )
  }
}

async function startMs(place: DaemonPlace): Promise<number> {
  const began = performance.now()
  await using _daemon = await startDaemonProcess({ place })
  return performance.now() - began
}

/** From the spawn to serving, with and without a large journal in turn, and prints the figures. */
export async function measureRecovery(rounds: number, shown: Shown): Promise<void> {
  using made = new DaemonPlace()
  makeLargeJournal(made.home)
  const [withJournal, without]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    using large = new DaemonPlace()
    large.writeConfig({ store: { retention: largeRetention } })
    copyJournal(made.home, large.home)
    withJournal.push(await startMs(large))
    using empty = new DaemonPlace()
    without.push(await startMs(empty))
  }
  console.log(`\nfrom the spawn to serving, ms, median (min–max) of ${rounds}`)
  console.log(
    `  ${largeEvents / 1e6} M events, ${largeTasks} tasks, ${runningBefore} of them interrupted   ${shown(withJournal)}`,
  )
  console.log(`  no journal yet                                   ${shown(without)}`)
}

function plainly(figures: readonly number[]): string {
  const sorted = figures.toSorted((a, b) => a - b)
  return `${at(sorted, 0.5).toPrecision(3)} (${sorted[0]?.toPrecision(3)}–${sorted.at(-1)?.toPrecision(3)})`
}

if (import.meta.main) {
  const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)
  await measureDurability(rounds, plainly)
  await measureRecovery(rounds, plainly)
}
