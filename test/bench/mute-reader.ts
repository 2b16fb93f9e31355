/**
 * One reader of ten that reads nothing for a while: what it costs the nine others and the daemon's memory, and whether
 * it gets everything when it reads again. All of it fits the hot tail: beyond that a legacy reader is closed.
 */
import { Contestant } from './contestant.ts'
import { CountingLink, eventsPerCommand, publish } from './load.ts'

const commands = 8_000

interface Run {
  readonly perSecond: number
  readonly grownMB: number
  /** Frames that the tenth reader had in the end. */
  readonly tenth: number
}

async function run(mute: boolean): Promise<Run> {
  await using server = await Contestant.start('callboard')
  const readers = await CountingLink.open(server.socketPath, 10)
  const [tenth, ...nine] = readers
  const [publisher] = nine
  if (tenth === undefined || publisher === undefined) throw new Error('no links')
  if (mute) tenth.socket.pause()
  const before = server.rssBytes()
  const started = performance.now()
  await publish(publisher, nine, commands, 200)
  const seconds = (performance.now() - started) / 1_000
  const grownMB = (server.rssBytes() - before) / 1e6
  tenth.socket.resume()
  await tenth.reached(commands * eventsPerCommand)
  for (const link of readers) link.socket.destroy()
  return { perSecond: (commands * eventsPerCommand) / seconds, grownMB, tenth: tenth.frames }
}

/** Runs with and without a mute reader in turn, and prints the figures. */
export async function measureMuteReader(
  rounds: number,
  shown: (figures: readonly number[]) => string,
): Promise<void> {
  const pairs: { readonly without: Run; readonly beside: Run }[] = []
  for (let round = 0; round < rounds; round++)
    pairs.push({ without: await run(false), beside: await run(true) })
  const rates = pairs.map(({ without, beside }) => beside.perSecond / without.perSecond)
  const grown = pairs.map(({ without, beside }) => beside.grownMB - without.grownMB)
  const missing = pairs.map(({ beside }) => commands * eventsPerCommand - beside.tenth)
  console.log(
    `\none mute reader among ten, ${commands * eventsPerCommand} events, median (min–max) of ${rounds}`,
  )
  console.log(`  the other nine's rate, of that without it   ${shown(rates)}`)
  console.log(`  MB of resident memory more than without it  ${shown(grown)}`)
  console.log(`  events that it lacks when it reads again    ${Math.max(...missing)}`)
}
