/** `callboard machines [name]`: the machines that decide when something happens, as drawings. Asks nobody. */
import { Command, Option } from 'commander'
import { asciiOf } from '../drawing/ascii.ts'
import { screenOf } from '../drawing/live-screen.ts'
import { statesFrom } from '../../inspector/chart.ts'
import { dotOf } from '../drawing/dot.ts'
import { charts } from '../drawing/drawn-machines.ts'
import { documentOf } from '../drawing/json.ts'
import { mermaidOf } from '../drawing/mermaid.ts'
import { exitCodes } from '../exit-codes.ts'
import { Failure } from '../failure.ts'
import { withConnection } from '../connection.ts'
import { liveCounts } from '../live-counts.ts'
import { StopSignals } from '../stop-signals.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { chartCounts } from '../drawing/chart-counts.ts'
import type { Counted } from '../drawing/chart-counts.ts'
import { invocationOf, withSharedOptions } from '../invocation.ts'
import { table } from '../rendering/table.ts'
import { nearest } from '../../wire/nearest.ts'
import type { Chart } from '../../inspector/chart.ts'
import type { Invocation } from '../invocation.ts'

const formats = ['ascii', 'mermaid', 'dot', 'json'] as const
type Format = (typeof formats)[number]

const help = `
Formats:
  ascii    a tree of the states and a table of the transitions, for terminals
  mermaid  a stateDiagram-v2, as Markdown on GitHub and editors show it
  dot      for Graphviz
  json     the same as data; --json is the same

Examples:
  callboard machines connection
  callboard machines connection --live
  callboard machines task --format dot | dot -Tsvg > task.svg`

export function machinesCommand(): Command {
  return withSharedOptions(new Command('machines'))
    .summary('list the state machines, or draw one')
    .description(
      'List the state machines that decide when something happens, or draw one. Asks no daemon but for --live.',
    )
    .argument('[name]', 'the machine to draw')
    .addOption(new Option('--format <format>', 'how to draw it (default: ascii)').choices(formats))
    .option('--live', 'with how many stand where and how often each edge is taken, until Ctrl-C')
    .addHelpText('after', help)
    .action(
      async (name: string | undefined, options: { format?: Format; live?: boolean }, command: Command) => {
        const invocation = invocationOf(command)
        if (options.live === true) await liveMachine(invocation, name, options.format)
        else await machines(invocation, name, options.format)
      },
    )
}

async function machines(
  invocation: Invocation,
  name: string | undefined,
  asked: Format | undefined,
): Promise<void> {
  const { output, json } = invocation
  if (json && asked !== undefined && asked !== 'json')
    throw new Failure(`--json and --format ${asked} cannot be had at once: leave one out.`, exitCodes.usage)
  const format = json ? 'json' : asked
  if (name === undefined) return list(invocation, format)
  const chart = chartNamed(name)
  if (format === 'json') await output.document(documentOf(chart))
  else await output.write(drawn(chart, format ?? 'ascii', invocation))
}

const drawnEveryMs = 1_000
const clear = '\u{1b}[H\u{1b}[2J'

/** Drawn again every second on a terminal; else once. */
async function liveMachine(
  invocation: Invocation,
  name: string | undefined,
  format: Format | undefined,
): Promise<void> {
  const { output, json } = invocation
  if (name === undefined)
    throw new Failure(`which machine? --live shows one: ${namesText()}.`, exitCodes.usage)
  if (format !== undefined && format !== 'ascii')
    throw new Failure(`--live and --format ${format} cannot be had at once: leave one out.`, exitCodes.usage)
  const chart = chartNamed(name)
  await withConnection(invocation, {}, async ({ client }) => {
    const ask = await liveCounts(client)
    if (json) return output.document(await ask(name))
    using signals = new StopSignals()
    for (let before: Counted | undefined; !signals.asked.aborted;) {
      const now: Counted = { counts: await ask(name), at: performance.now() }
      const look = { paint: output.paint, counts: chartCounts(chart, now, before) }
      if (output.columns === undefined)
        return output.write(asciiOf(chart, { ...look, columns: output.columns }))
      // The terminal may have another size meanwhile.
      const { columns, rows: lines } = process.stdout
      await output.write(`${clear}${screenOf(chart, { ...look, columns, lines, taken: now.counts.edges })}`)
      before = now
      await delay(drawnEveryMs, undefined, { signal: signals.asked }).catch(() => undefined)
    }
  })
}

function drawn(chart: Chart, format: Exclude<Format, 'json'>, { output }: Invocation): string {
  switch (format) {
    case 'ascii':
      return asciiOf(chart, { paint: output.paint, columns: output.columns })
    case 'mermaid':
      return mermaidOf(chart)
    case 'dot':
      return dotOf(chart)
  }
}

async function list({ output }: Invocation, format: Format | undefined): Promise<void> {
  if (format === 'mermaid' || format === 'dot')
    throw new Failure(`which machine? --format ${format} draws one: ${namesText()}.`, exitCodes.usage)
  const found = charts.map((chart) => ({
    name: chart.name,
    states: statesFrom(chart.root).length - 1,
    description: chart.description,
  }))
  if (format === 'json') return output.document(found)
  const heading = ['MACHINE', 'STATES', 'IS'].map((text) => ({
    text,
    paint: (padded: string) => output.paint.in('bold', padded),
  }))
  const rows = found.map((one) => [one.name, `${one.states}`, one.description].map((text) => ({ text })))
  await output.write(`${table([heading, ...rows], output.columns).join('\n')}\n`)
}

/** Throws Failure (2) where there is no such machine. */
function chartNamed(name: string): Chart {
  const chart = charts.find((one) => one.name === name)
  if (chart !== undefined) return chart
  const names = charts.map((one) => one.name)
  const meant = nearest(name, names)
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  throw new Failure(
    `no machine is called ${JSON.stringify(name)}.${hint} There are ${namesText()}.`,
    exitCodes.usage,
  )
}

function namesText(): string {
  return charts.map((one) => one.name).join(', ')
}
