/** Words for how a machine's actors stand and what they did, beside the states and transitions of its drawing. */
import { statesFrom } from '../../inspector/chart.ts'
import type { Chart, ChartState, ChartTransition } from '../../inspector/chart.ts'
import type { LiveCounts } from '../live-counts.ts'
import type { ChartCounts } from './ascii.ts'

export interface Counted {
  readonly counts: LiveCounts
  /** Milliseconds, of any clock. */
  readonly at: number
}

/** ` 12` beside a state, `taken 120 times, 3.0/s` beside a transition; rates from the second look on. */
export function chartCounts(chart: Chart, now: Counted, before: Counted | undefined): ChartCounts {
  const states = statesFrom(chart.root)
  const leaves = new Map(
    states.filter(({ states: inner }) => inner.length === 0).map(({ id }, index) => [id, index]),
  )
  const edges = new Map(states.flatMap(({ transitions }) => transitions).map((one, index) => [one, index]))
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1_000
  return {
    state: (state) => ` ${populationOf(state, leaves, now.counts.leaves)}`,
    transition: (transition) => taken(transition, edges, now.counts, before?.counts, seconds),
  }
}

function populationOf(
  state: ChartState,
  leaves: ReadonlyMap<string, number>,
  counts: readonly number[],
): number {
  return statesFrom(state).reduce((sum, { id }) => sum + (counts[leaves.get(id) ?? -1] ?? 0), 0)
}

function taken(
  transition: ChartTransition,
  edges: ReadonlyMap<ChartTransition, number>,
  now: LiveCounts,
  before: LiveCounts | undefined,
  seconds: number,
): string {
  const place = edges.get(transition) ?? -1
  const count = now.edges[place] ?? 0
  if (count === 0) return 'never taken'
  const rate = seconds === 0 ? 0 : (count - (before?.edges[place] ?? count)) / seconds
  return `taken ${count === 1 ? 'once' : `${count} times`}${rate > 0 ? `, ${rate.toFixed(1)}/s` : ''}`
}
