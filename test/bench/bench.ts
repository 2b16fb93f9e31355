/**
 * `npm run bench`: the daemon beside two bare servers, interleaved, as ratios of server CPU µs per delivery. It
 * measures and prints; nothing is asserted, since these figures belong to a machine and a moment.
 */
import { Contestant } from './contestant.ts'
import type { ContestantName } from './contestant.ts'
import { CountingLink, eventsPerCommand, publish } from './load.ts'
import { measureDurability, measureRecovery } from './durability.ts'
import { measureMuteReader } from './mute-reader.ts'
import { measureStore } from './store-bench.ts'

/** Measures only what has this in its title, and none of the store: `npm run bench -- 'to 100'`. */
const only = process.argv[2]
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3)

interface Entrant {
  readonly title: string
  readonly name: ContestantName
  readonly more?: readonly string[]
}

/** The bare servers keep nothing: it is in memory that the daemon does the same. */
const ours: Entrant = { title: 'callboard', name: 'callboard', more: ['--durability', 'memory'] }
const entrants: readonly Entrant[] = [
  ours,
  { title: 'callboard on disk', name: 'callboard' },
  { title: 'write per frame', name: 'write per frame' },
  { title: 'coalescing', name: 'coalescing' },
]

/**
 * A daemon runs for days: what its first commands cost to compile, and what its memory costs until it has its size, is
 * not what one costs. These come first over one link: twice what the journal's tail and the kept tasks hold.
 */
const warmUpCommands = 30_000

/** Over all links, before those that are measured: V8 compiles anew for what more links bring (by perf, 7 % of all). */
function warmUpOverAll(commands: number): number {
  return Math.max(4_000, 3 * commands)
}

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
      const [publisher] = await CountingLink.open(server.socketPath, 1)
      if (publisher === undefined) throw new Error('no link')
      await publish(publisher, [publisher], warmUpCommands, 200)
      const readers = [publisher, ...(await CountingLink.open(server.socketPath, links - 1))]
      await publish(publisher, readers, warmUpOverAll(commands), window)
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
    for (let index = 0; index < warmUpCommands + 10_000; index++) {
      const started = performance.now()
      const expected = link.frames + 1
      link.command('GetModes')
      await link.reached(expected)
      if (index >= warmUpCommands) times.push((performance.now() - started) * 1_000)
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
  fanOut(100, 8_000, 200),
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

for (const scenario of scenarios.filter(({ title }) => only === undefined || title.includes(only))) {
  const figures = new Map<Entrant, number[]>(entrants.map((entrant) => [entrant, []]))
  for (let round = 0; round < rounds; round++) {
    for (const entrant of entrants) {
      await using server = await Contestant.start(entrant.name, entrant.more)
      figures.get(entrant)?.push(await scenario.measure(server))
    }
  }
  console.log(`\n${scenario.title} — ${scenario.unit}, median (min–max) of ${rounds}`)
  for (const [{ title }, theirs] of figures) {
    const ratios = (figures.get(ours) ?? []).map((figure, round) => figure / (theirs[round] ?? Number.NaN))
    const ratio = title === ours.title ? '' : `   callboard is ${shown(ratios)} of it`
    console.log(`  ${title.padEnd(18)} ${shown(theirs).padEnd(28)}${ratio}`)
  }
}

if (only === undefined) {
  await measureMuteReader(rounds, shown)
  await measureStore(rounds, shown)
  await measureDurability(rounds, shown)
  await measureRecovery(rounds, shown)
}
