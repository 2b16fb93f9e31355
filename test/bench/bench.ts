/**
 * `npm run bench`: the daemon beside two bare servers, interleaved, as ratios of server CPU µs per delivery. It
 * measures and prints; nothing is asserted, since these figures belong to a machine and a moment.
 */
import { Contestant, contestants } from './contestant.ts'
import type { ContestantName } from './contestant.ts'
import { CountingLink, eventsPerCommand, publish } from './load.ts'
import { measureDurability, measureRecovery } from './durability.ts'
import { measureMuteReader } from './mute-reader.ts'
import { measureStore } from './store-bench.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)

interface Scenario {
  readonly title: string
  readonly unit: string
  /** One measurement of a fresh server. */
  measure(server: Contestant): Promise<number>
}

function fanOut(links: number, commands: number, window: number): Scenario {
  return {
    title: window === 1 ? `one at a time to ${links}` : `fan-out to ${links}`,
    unit: 'CPU µs per delivery',
    async measure(server) {
      const readers = await CountingLink.open(server.socketPath, links)
      const [publisher] = readers
      if (publisher === undefined) throw new Error('no link')
      await publish(publisher, readers, Math.ceil(commands / 5), window)
      const before = server.cpuUs()
      await publish(publisher, readers, commands, window)
      const spent = server.cpuUs() - before
      for (const link of readers) link.socket.destroy()
      return spent / (commands * eventsPerCommand * links)
    },
  }
}

const requestReply: Scenario = {
  title: 'request/reply',
  unit: 'µs p50',
  async measure(server) {
    const [link] = await CountingLink.open(server.socketPath, 1)
    if (link === undefined) throw new Error('no link')
    const times: number[] = []
    for (let index = 0; index < 12_000; index++) {
      const started = performance.now()
      const expected = link.frames + 1
      link.command('GetModes')
      await link.reached(expected)
      if (index >= 2_000) times.push((performance.now() - started) * 1_000)
    }
    link.socket.destroy()
    return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
  },
}

function idle(links: number): Scenario {
  return {
    title: `${links} idle links`,
    unit: 'kB RSS per link',
    async measure(server) {
      const warm = await CountingLink.open(server.socketPath, 50)
      const before = server.rssBytes()
      const opened = await CountingLink.open(server.socketPath, links)
      const grown = server.rssBytes() - before
      for (const link of [...warm, ...opened]) link.socket.destroy()
      return grown / links / 1_000
    },
  }
}

const scenarios: readonly Scenario[] = [
  fanOut(1, 20_000, 200),
  fanOut(10, 10_000, 200),
  fanOut(100, 4_000, 200),
  fanOut(100, 500, 1),
  requestReply,
  idle(1_000),
  idle(5_000),
]

function shown(figures: readonly number[]): string {
  const sorted = figures.toSorted((a, b) => a - b)
  const [least = Number.NaN, median = Number.NaN, most = Number.NaN] = [
    sorted[0],
    sorted[Math.floor(sorted.length / 2)],
    sorted.at(-1),
  ]
  return `${median.toPrecision(3)} (${least.toPrecision(3)}–${most.toPrecision(3)})`
}

for (const scenario of scenarios) {
  const figures = new Map<ContestantName, number[]>(contestants.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of contestants) {
      await using server = await Contestant.start(name)
      figures.get(name)?.push(await scenario.measure(server))
    }
  }
  console.log(`\n${scenario.title} — ${scenario.unit}, median (min–max) of ${rounds}`)
  const ours = figures.get('callboard') ?? []
  for (const [name, theirs] of figures) {
    const ratios = ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN))
    const ratio = name === 'callboard' ? '' : `   callboard is ${shown(ratios)} of it`
    console.log(`  ${name.padEnd(16)} ${shown(theirs).padEnd(28)}${ratio}`)
  }
}

await measureMuteReader(rounds, shown)
await measureStore(rounds, shown)
await measureDurability(rounds, shown)
await measureRecovery(rounds, shown)
