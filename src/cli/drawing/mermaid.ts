/**
 * A chart as a mermaid stateDiagram-v2, as GitHub shows it. A state holds its description, what it does on entry and
 * exit and what it answers without being left; where there are states inside, the "any" node holds it for them. The
 * trap: mermaid reads a `:` or `;` in a text as the end of it, and some ids as its own words.
 */
import { anyTitle, arrowsOf, hasArrows } from './arrows.ts'
import { innerLines } from './label.ts'
import type { Arrow } from './arrows.ts'
import type { Chart, ChartState } from '../../inspector/chart.ts'

const lineCharsMax = 28

/** Ends with a line end. */
export function mermaidOf(chart: Chart): string {
  const lines = [
    'stateDiagram-v2',
    `  accTitle: ${text(chart.name)}`,
    `  accDescr: ${text(chart.description)}`,
    '  classDef any fill:none,stroke-dasharray:4 3',
    ...insideOf(chart.root),
    ...arrowsOf(chart).map((arrow) => `  ${arrowLine(arrow)}`),
  ]
  return `${lines.join('\n')}\n`
}

/** The lines of the states inside of `state`, indented. */
function insideOf(state: ChartState): string[] {
  const initial = state.states.find((child) => child.id === state.initial)
  return [
    ...(initial === undefined ? [] : [`[*] --> ${idOf(initial)}`]),
    ...anyLines(state),
    ...state.states.flatMap(stateLines),
    ...state.states.filter((child) => child.type === 'final').map((child) => `${idOf(child)} --> [*]`),
  ].map((line) => `  ${line}`)
}

/** The "any" node of a state with states inside. The machine's own has no lines: they would only repeat its title. */
function anyLines(state: ChartState): string[] {
  const isRoot = !state.id.includes('.')
  if (isRoot && !hasArrows(state)) return []
  const id = anyId(state)
  const lines = isRoot ? [] : innerLines(state)
  return [...titled(anyTitle(state), id, lines), `class ${id} any`]
}

function stateLines(state: ChartState): string[] {
  const id = idOf(state)
  if (state.states.length === 0) return titled(state.name, id, innerLines(state))
  return [`state "${text(state.name)}" as ${id} {`, ...insideOf(state), '}']
}

function titled(title: string, id: string, lines: readonly string[]): string[] {
  return [`state "${text(title)}" as ${id}`, ...lines.map((line) => `${id} : ${text(line)}`)]
}

/** An arrow to a state with states inside points to where that begins: mermaid hides those that end at its edge. */
function arrowLine({ from, to, labels }: Arrow): string {
  const start = from.states.length === 0 ? idOf(from) : anyId(from)
  const lines = labels.length === 1 ? labels.map(text) : labels.map(brokenText)
  return `${start} --> ${idOf(beginningOf(to))} : ${lines.join('<br>')}`
}

/** Mermaid breaks lines at its own width: among others a long label breaks before its actions, to tell events apart. */
function brokenText(label: string): string {
  const said = text(label)
  return said.length > lineCharsMax ? said.replace(' / ', ' /<br>') : said
}

function beginningOf(state: ChartState): ChartState {
  const initial = state.states.find((child) => child.id === state.initial)
  return initial === undefined ? state : beginningOf(initial)
}

/** The path below the machine, without the dots; the underscore at its end keeps it apart from mermaid's own words. */
function idOf(state: ChartState): string {
  return `${state.id.split('.').slice(1).join('_').replaceAll(/\W/g, '_')}_`
}

function anyId(state: ChartState): string {
  return `${idOf(state)}any_`
}

/** Without what ends a text, begins an entity, a tag or a comment, or is no character of a line. */
function text(said: string): string {
  return said
    .replaceAll(/\s*:+\s*/g, ' – ')
    .replaceAll(/\s*;+/g, ',')
    .replaceAll('"', "'")
    .replaceAll(/[<>{}#%`\\]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
