/**
 * `node test/bench/watched.ts`: what the page costs: fan-out with and without a page that looks, interleaved. It measures and
 * prints; nothing is asserted. What the counts cost: counting.ts.
 */
import { CallboardClient } from '../../src/client/callboard-client.ts'
import { Contestant } from './contestant.ts'
import { CountingLink, eventsPerCommand, publish } from './load.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 9)
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Reads the page's stream as a browser does. */
async function look(socketPath: string): Promise<AbortController> {
  await using client = new CallboardClient({ socketPath })
  const answer = (await client.request({ commandName: 'OpenInspector', data: {} })) as { url: string }
  const url = new URL(answer.url)
  const stop = new AbortController()
  const headers = { authorization: `Bearer ${url.hash.slice('#token='.length)}` }
  const response = await fetch(new URL('/api/events', url), { headers, signal: stop.signal })
  void (async () => {
    for await (const chunk of response.body ?? []) if (stop.signal.aborted) return void chunk
  })().catch(() => undefined)
  return stop
}

async function measureFanOut(links: number, commands: number): Promise<void> {
  const rate: Record<'alone' | 'watched', number[]> = { alone: [], watched: [] }
  const cost: Record<'alone' | 'watched', number[]> = { alone: [], watched: [] }
  for (let round = 0; round < rounds; round++) {
    for (const how of ['alone', 'watched'] as const) {
      await using server = await Contestant.start('callboard')
      const readers = await CountingLink.open(server.socketPath, links)
      const [publisher] = readers
      if (publisher === undefined) throw new Error('no link')
      const stop = how === 'watched' ? await look(server.socketPath) : undefined
      await publish(publisher, readers, commands / 5, 200)
      const [before, began] = [server.cpuUs(), performance.now()]
      await publish(publisher, readers, commands, 200)
      const deliveries = commands * eventsPerCommand * links
      rate[how].push((deliveries / (performance.now() - began)) * 1_000)
      cost[how].push((server.cpuUs() - before) / deliveries)
      stop?.abort()
      for (const link of readers) link.socket.destroy()
    }
  }
  const share = ((median(rate.watched) / median(rate.alone)) * 100).toFixed(0)
  console.log(
    `fan-out to ${links}: ${median(rate.alone).toFixed(0)} deliveries/s at ${median(cost.alone).toFixed(3)} µs, ` +
      `watched ${median(rate.watched).toFixed(0)} at ${median(cost.watched).toFixed(3)} µs (${share} %)`,
  )
}

await measureFanOut(100, 3_000)
await measureFanOut(10, 6_000)
