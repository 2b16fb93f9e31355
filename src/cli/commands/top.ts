/**
 * `callboard top`: one screen of the daemon, drawn again every second; on no terminal, one picture of it. Keys choose
 * the order; q or Ctrl-C ends it.
 */
import { Command, InvalidArgumentError, Option } from 'commander'
import { setTimeout as delay } from 'node:timers/promises'
import { withConnection } from '../connection.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { eventRate, sortKeys, topScreen } from '../rendering/top-screen.ts'
import { StopSignals } from '../stop-signals.ts'
import { limits } from '../../limits.ts'
import { unsettledStates } from '../../wire/commands.ts'
import type { CallboardClient } from '../../client/callboard-client.ts'
import type { Invocation } from '../invocation.ts'
import type { SortKey, TopSample } from '../rendering/top-screen.ts'
import { duration } from './serve.ts'

interface TopOptions {
  readonly sort: SortKey
  readonly every: number
}

const help = `
Keys on a terminal: l lag, a age, r refused frames, n name: the order of the
connections. q ends it.
Where stdout is no terminal it is drawn once; --json gives the same as data.`

export function topCommand(): Command {
  return withSharedOptions(new Command('top'))
    .summary('watch connections, tasks, rates and lag on one screen')
    .description(
      'Watch the daemon on one screen: connections, tasks, rates, lag. Once, where stdout is no terminal.',
    )
    .addOption(new Option('--sort <key>', 'order of the connections').choices(sortKeys).default('lag'))
    .option('--every <time>', 'how often it is drawn', interval, 1_000)
    .addHelpText('after', help)
    .action(async (options: TopOptions, command: Command) => {
      const invocation = invocationOf(command)
      await withConnection(invocation, {}, ({ client }) => top(invocation, client, options))
    })
}

function interval(value: string): number {
  const { topEveryMsMin, topEveryMsMax } = limits
  const ms = duration(value, topEveryMsMax)
  if (ms < topEveryMsMin) throw new InvalidArgumentError(`Every ${topEveryMsMin}ms at most.`)
  return ms
}

async function sampleOf(client: CallboardClient): Promise<TopSample> {
  const [status, clients, tasks] = await Promise.all([
    client.getStatus(),
    client.listClients(),
    client.listTasks({ states: [...unsettledStates] }),
  ])
  return {
    at: Date.now(),
    status,
    clients: clients.filter(({ clientId }) => clientId !== client.clientId),
    tasks,
  }
}

async function top(
  invocation: Invocation,
  client: CallboardClient,
  { sort, every }: TopOptions,
): Promise<void> {
  const { output, json } = invocation
  const first = await sampleOf(client)
  const look = { paint: output.paint, columns: output.columns, sort }
  if (json || output.columns === undefined) {
    // A rate needs two looks.
    await delay(limits.topEveryMsMin)
    const second = await sampleOf(client)
    if (json) return output.document({ ...second, eventsPerSecond: eventRate(second, first) })
    const lines = topScreen(second, first, { ...look, now: Date.now(), lines: undefined })
    return output.write(`${lines.join('\n')}\n`)
  }
  await follow(invocation, client, first, { sort, every })
}

const clear = '\u{1b}[H\u{1b}[2J'

async function follow(
  { output }: Invocation,
  client: CallboardClient,
  first: TopSample,
  options: TopOptions,
): Promise<void> {
  using signals = new StopSignals()
  using keys = new Keys(options.sort)
  const ended = AbortSignal.any([signals.asked, keys.left])
  let [before, now]: [TopSample | undefined, TopSample] = [undefined, first]
  while (!ended.aborted) {
    const look = {
      paint: output.paint,
      columns: process.stdout.columns,
      lines: process.stdout.rows,
      sort: keys.sort,
    }
    const lines = topScreen(now, before, { ...look, now: now.at })
    await output.write(`${clear}${lines.join('\n')}\n`)
    await delay(options.every, undefined, { signal: AbortSignal.any([ended, keys.pressed()]) }).catch(
      () => undefined,
    )
    if (ended.aborted) return
    ;[before, now] = [now, await sampleOf(client)]
  }
}

const sortOf: Readonly<Record<string, SortKey>> = { l: 'lag', a: 'age', r: 'refused', n: 'name' }

/** What is typed meanwhile. */
class Keys implements Disposable {
  sort: SortKey
  readonly #left = new AbortController()
  #pressed = new AbortController()

  constructor(sort: SortKey) {
    this.sort = sort
    if (!process.stdin.isTTY) return
    process.stdin.setRawMode(true).on('data', this.#typed)
  }

  get left(): AbortSignal {
    return this.#left.signal
  }

  /** Aborts at the next key that changes something. */
  pressed(): AbortSignal {
    this.#pressed = new AbortController()
    return this.#pressed.signal
  }

  [Symbol.dispose](): void {
    if (!process.stdin.isTTY) return
    process.stdin.off('data', this.#typed).setRawMode(false).pause()
  }

  readonly #typed = (bytes: Buffer): void => {
    const key = bytes.toString('latin1')
    if (key === 'q' || key === '\u{3}') return this.#left.abort()
    const sort = sortOf[key]
    if (sort === undefined) return
    this.sort = sort
    this.#pressed.abort()
  }
}
