/**
 * A chart for Graphviz: `callboard machines connection --format dot | dot -Tsvg`. A state with states inside is a
 * cluster. Arrows of Graphviz run between nodes only: one to a cluster is tied to the point inside of it where it
 * begins, and cut at the cluster's edge (`lhead`).
 */
import { anyTitle, arrowsOf, hasArrows } from './arrows.ts'
import { statesFrom } from '../../inspector/chart.ts'
import { innerLines } from './label.ts'
import { wrapped } from './wrap.ts'
import type { Arrow } from './arrows.ts'
import type { Chart, ChartState } from '../../inspector/chart.ts'

const lineCharsMax = 36

/** Ends with a line end. */
export function dotOf(chart: Chart): string {
  const lines = [
    `digraph ${quoted(chart.name)} {`,
    '  graph [compound=true, rankdir=TB, fontname="sans-serif", fontsize=11, labeljust=l, style=rounded, color=gray50]',
    '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11]',
    '  edge [fontname="sans-serif", fontsize=10, arrowsize=0.7]',
    `  label=${title(chart.root)}`,
    '  labelloc=t',
    ...insideOf(chart.root),
    ...statesFrom(chart.root).filter(isFinal).flatMap(endLines),
    ...arrowsOf(chart).map((arrow) => `  ${arrowLine(arrow)}`),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

/** The lines of the states inside of `state`, indented. */
function insideOf(state: ChartState): string[] {
  const begin = quoted(beginOf(state))
  const initial = state.states.find((child) => child.id === state.initial)
  const any = `${quoted(anyOf(state))} [label=${quoted(anyTitle(state))}, style="rounded,dashed"]`
  return [
    `${begin} [shape=point, width=0.12]`,
    ...(initial === undefined ? [] : [`${begin} -> ${ending(initial)}`]),
    ...(hasArrows(state) ? [any] : []),
    ...state.states.flatMap(stateLines),
  ].map((line) => `  ${line}`)
}

function stateLines(state: ChartState): string[] {
  if (state.states.length === 0) return [`${quoted(state.id)} [label=${title(state)}]`]
  return [`subgraph ${quoted(cluster(state))} {`, `  label=${title(state)}`, ...insideOf(state), '}']
}

function endLines(state: ChartState): string[] {
  const end = quoted(`${state.id} end`)
  return [
    `  ${end} [shape=doublecircle, width=0.1, label="", style=filled, fillcolor=black]`,
    `  ${quoted(state.id)} -> ${end}`,
  ]
}

function arrowLine({ from, to, labels }: Arrow): string {
  const start = from.states.length === 0 ? from.id : anyOf(from)
  const label = labels.flatMap((line) => wrapped(line, lineCharsMax)).join('\n')
  return `${quoted(start)} -> ${ending(to, [`label=${quoted(label)}`])}`
}

/** Where an arrow ends, with its attributes. */
function ending(to: ChartState, attributes: readonly string[] = []): string {
  const isCluster = to.states.length > 0
  const all = isCluster ? [...attributes, `lhead=${quoted(cluster(to))}`] : attributes
  return `${quoted(isCluster ? beginOf(to) : to.id)}${all.length === 0 ? '' : ` [${all.join(', ')}]`}`
}

/** The point where a state with states inside begins. */
function beginOf(state: ChartState): string {
  return `${state.id} begin`
}

function anyOf(state: ChartState): string {
  return `${state.id} any`
}

/** Graphviz draws a subgraph as a cluster by the beginning of its name. */
function cluster(state: ChartState): string {
  return `cluster ${state.id}`
}

function isFinal(state: ChartState): boolean {
  return state.type === 'final'
}

/** An HTML-like label: the name in bold, below it what is known of the state. */
function title(state: ChartState): string {
  const lines = innerLines(state).flatMap((line) => wrapped(line, lineCharsMax))
  return `<<b>${escaped(state.name)}</b>${lines.map((line) => `<br/>${escaped(line)}`).join('')}>`
}

function escaped(said: string): string {
  return said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function quoted(said: string): string {
  return `"${said
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)}"`
}
