/**
 * The arrows of a drawing. Transitions between the same two states share one, with a line for each. Neither mermaid nor
 * Graphviz draws an arrow from a state into itself, and both draw badly what leaves a state with states inside: such
 * arrows leave from a small node inside of it that stands for "in any of these".
 */
import { statesFrom } from '../../inspector/chart.ts'
import { transitionLabel } from './label.ts'
import type { Chart, ChartState } from '../../inspector/chart.ts'

export interface Arrow {
  /** It leaves from the "any" node of this state where there are states inside. */
  readonly from: ChartState
  readonly to: ChartState
  /** A line for each transition. */
  readonly labels: readonly string[]
}

export function arrowsOf(chart: Chart): Arrow[] {
  const states = statesFrom(chart.root)
  const byId = new Map(states.map((state) => [state.id, state]))
  return states.flatMap((from) => arrowsFrom(from, byId))
}

function arrowsFrom(from: ChartState, byId: ReadonlyMap<string, ChartState>): Arrow[] {
  const labels = new Map<ChartState, string[]>()
  for (const transition of from.transitions) {
    const to = transition.target === null ? undefined : byId.get(transition.target)
    if (to !== undefined) labels.set(to, [...(labels.get(to) ?? []), transitionLabel(transition)])
  }
  return [...labels].map(([to, lines]) => ({ from, to, labels: lines }))
}

export function hasArrows(state: ChartState): boolean {
  return state.transitions.some((one) => one.target !== null)
}

/** What stands in the "any" node of `state`. */
export function anyTitle(state: ChartState): string {
  return state.id.includes('.') ? `in any of ${state.name}` : 'in any state'
}
