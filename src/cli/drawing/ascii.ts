/**
 * A chart for terminals, in ASCII alone: the states as a tree, then for each state what leads where. Nothing is cut:
 * texts are broken into the last column.
 */
import { columned } from './columns.ts'
import { actionsLabel, effectLabels, triggerLabel } from './label.ts'
import { anyTitle } from './arrows.ts'
import { statesFrom } from '../../inspector/chart.ts'
import { wrapped } from './wrap.ts'
import type { Colour, Paint } from '../rendering/paint.ts'
import type { Chart, ChartState, ChartTransition } from '../../inspector/chart.ts'
import type { Row } from './columns.ts'

/** How it stands and how often, of each state and transition; undefined: not known of this one. */
export interface ChartCounts {
  state(state: ChartState): string | undefined
  transition(transition: ChartTransition): string | undefined
}

export interface AsciiLook {
  readonly counts?: ChartCounts
  readonly paint: Paint
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: number | undefined
}

const columnsUsual = 80
/** Longer lines are hard to follow. */
const columnsMax = 110

/** Ends with a line end. */
export function asciiOf(chart: Chart, look: AsciiLook): string {
  const width = Math.min(columnsMax, look.columns ?? columnsUsual)
  const inside = statesFrom(chart.root).slice(1)
  const heading = (text: string) => wrapped(text, width).map((line) => look.paint.in('bold', line))
  const lines = [
    ...heading(`${chart.name}: ${chart.description}`),
    '',
    ...heading(`STATES (${inside.length}), -> marks where it begins`),
    ...columned(treeRows(chart.root, '', look), width).flat(),
    '',
    ...heading(`TRANSITIONS (${transitionsOf(chart).length})`),
    ...transitionLines(chart, look, width),
  ]
  return `${lines.join('\n')}\n`
}

/** The states inside of `state`. `before`: what stands left of their branches. */
function treeRows(state: ChartState, before: string, look: AsciiLook): Row[] {
  const { paint, counts } = look
  return state.states.flatMap((child) => {
    const isLast = child === state.states.at(-1)
    const branch = `${before}${isLast ? '`' : '|'}-${child.id === state.initial ? '>' : '-'} `
    const trunk = `${before}${isLast ? ' ' : '|'}   `
    const row: Row = {
      left: branch + nameOf(child) + (counts?.state(child) ?? ''),
      paintLeft: () =>
        paint.in('gray', branch) +
        paint.in(colourOf(child, state), nameOf(child)) +
        paint.in('cyan', counts?.state(child) ?? ''),
      below: child.states.length === 0 ? trunk : `${trunk}|`,
      texts: [
        { text: child.description, paint: (line) => line },
        ...effectLabels(child).map((text) => ({ text, paint: (line: string) => paint.in('gray', line) })),
      ],
    }
    return [row, ...treeRows(child, trunk, look)]
  })
}

function nameOf(state: ChartState): string {
  return state.type === 'final' ? `${state.name} (final)` : state.name
}

function colourOf(state: ChartState, parent: ChartState): Colour {
  if (state.type === 'final') return 'magenta'
  return state.id === parent.initial ? 'green' : 'bold'
}

/** The transitions of all states in one alignment, those of each state below its name. */
function transitionLines(chart: Chart, look: AsciiLook, width: number): string[] {
  const { paint } = look
  const all = transitionsOf(chart)
  const eventChars = Math.max(0, ...all.map((one) => triggerLabel(one).length))
  const lines = columned(
    all.map((one) => transitionRow(one, eventChars, look)),
    width,
  )
  const linesOf = new Map(all.map((one, index) => [one, lines[index] ?? []]))
  return statesFrom(chart.root).flatMap((state) => {
    if (state.transitions.length === 0) return []
    const name = state.states.length === 0 ? pathOf(state.id) : anyTitle(state).replace(/^in /, '')
    return [paint.in('bold', name), ...state.transitions.flatMap((one) => linesOf.get(one) ?? [])]
  })
}

function transitionRow(transition: ChartTransition, eventChars: number, look: AsciiLook): Row {
  const { paint, counts } = look
  const event = `  ${triggerLabel(transition).padEnd(eventChars)}  `
  const target = targetOf(transition)
  const guard =
    transition.guard === null ? [] : [{ text: `[${transition.guard}]`, colour: 'yellow' as const }]
  const actions = transition.actions.length === 0 ? [] : [`/ ${actionsLabel(transition.actions)}`]
  return {
    left: event + target,
    paintLeft: () => paint.in(transition.kind === 'event' ? 'cyan' : 'yellow', event) + target,
    below: '',
    texts: [
      ...counted(counts?.transition(transition)).map((text) => ({
        text,
        paint: (line: string) => paint.in('cyan', line),
      })),
      { text: transition.description, paint: (line) => line },
      ...guard.map(({ text, colour }) => ({ text, paint: (line: string) => paint.in(colour, line) })),
      ...actions.map((text) => ({ text, paint: (line: string) => paint.in('gray', line) })),
    ],
  }
}

function counted(text: string | undefined): string[] {
  return text === undefined ? [] : [text]
}

function targetOf({ target, actions }: ChartTransition): string {
  if (target !== null) return `-> ${pathOf(target)}`
  return actions.length === 0 ? '(ignored)' : '(stays)'
}

/** The id without the machine's name: `ready.flowing`. */
function pathOf(id: string): string {
  return id.slice(id.indexOf('.') + 1)
}

function transitionsOf(chart: Chart): ChartTransition[] {
  return statesFrom(chart.root).flatMap((state) => state.transitions)
}
