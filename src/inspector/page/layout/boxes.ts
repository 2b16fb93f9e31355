/**
 * A chart as boxes: a card for each state, its transitions as rows of the card, so that every label has a place of its
 * own and an edge is only a line. What can happen in any state of a group is a card without a title inside of it.
 */
import type { ChartAction, ChartState, ChartTransition } from '../../chart.ts'

/** Width of a text in the chart's units. */
export type Measure = (text: string, font: Font) => number

export interface Font {
  readonly size: number
  readonly mono: boolean
  readonly bold?: boolean
}

export const fonts = {
  title: { size: 13, mono: false, bold: true },
  text: { size: 10.5, mono: false },
  event: { size: 11, mono: true },
  effect: { size: 9.5, mono: true },
} as const satisfies Record<string, Font>

export interface Row {
  /** The edge's place among the chart's transitions. */
  readonly edge: number
  readonly transition: ChartTransition
  readonly label: string
  /** ` / action, action`; empty where there is none. */
  readonly effect: string
  readonly height: number
  /** Its top within its box. */
  readonly top: number
}

export interface Box {
  /** The state's id; `<id>.*` of the card that stands for any of its states. */
  readonly id: string
  readonly state: ChartState
  readonly isAny: boolean
  readonly title: string
  readonly lines: readonly { readonly text: string; readonly font: 'text' | 'effect'; readonly top: number }[]
  readonly rows: readonly Row[]
  /** Without children; with them it grows around them. */
  readonly width: number
  readonly height: number
  /** Height of what stands above the children. */
  readonly head: number
  readonly children: readonly Box[]
}

export const titleHeight = 26
const lineHeight = 13
const padding = 10
const figures = 62
const widthMin = 108
const widthMax = 252
const rowPlain = 19
const rowEffect = 31

/** The boxes of a chart; the root's has its states as children. `places` numbers edges as the chart lists them. */
export function boxesOf(root: ChartState, measure: Measure): Box {
  const places = new Map<ChartTransition, number>()
  number(root, places)
  return boxOf(root, measure, places, true)
}

function number(state: ChartState, places: Map<ChartTransition, number>): void {
  for (const transition of state.transitions) places.set(transition, places.size)
  for (const child of state.states) number(child, places)
}

function boxOf(
  state: ChartState,
  measure: Measure,
  places: ReadonlyMap<ChartTransition, number>,
  isRoot: boolean,
): Box {
  const isGroup = state.states.length > 0
  const own = isGroup ? [] : state.transitions
  const width = isRoot ? 0 : widthOf(state, own, measure)
  const lines = isRoot ? [] : linesOf(state, isGroup ? Math.max(width, 220) : width, measure)
  const head = titleHeight + lines.length * lineHeight + (lines.length > 0 ? 5 : 0)
  const rows = rowsOf(own, places, head + (own.length > 0 ? 3 : 0))
  const last = rows.at(-1)
  const anyCard = isGroup && state.transitions.length > 0 ? [anyBox(state, measure, places)] : []
  return {
    id: state.id,
    state,
    isAny: false,
    title: state.name,
    lines,
    rows,
    width,
    height: last === undefined ? head + 4 : last.top + last.height + 6,
    head: isRoot ? 0 : head,
    children: [...anyCard, ...state.states.map((child) => boxOf(child, measure, places, false))],
  }
}

function anyBox(state: ChartState, measure: Measure, places: ReadonlyMap<ChartTransition, number>): Box {
  const rows = rowsOf(state.transitions, places, titleHeight - 2)
  const last = rows.at(-1)
  return {
    id: `${state.id}.*`,
    state,
    isAny: true,
    title: state.id.includes('.') ? `any of ${state.name}` : 'any state',
    lines: [],
    rows,
    width: widthOf(state, state.transitions, measure),
    height: last === undefined ? titleHeight : last.top + last.height + 6,
    head: titleHeight,
    children: [],
  }
}

function widthOf(state: ChartState, transitions: readonly ChartTransition[], measure: Measure): number {
  const widths = [
    measure(state.name, fonts.title) + 58,
    ...transitions.map((one) => measure(labelOf(one), fonts.event) + figures),
    ...transitions.map((one) => measure(effectOf(one), fonts.effect) + 12),
    ...effects(state).map((text) => measure(text, fonts.effect)),
  ]
  return Math.ceil(Math.min(widthMax, Math.max(widthMin, ...widths.map((width) => width + 2 * padding))))
}

function rowsOf(
  transitions: readonly ChartTransition[],
  places: ReadonlyMap<ChartTransition, number>,
  from: number,
): Row[] {
  let top = from
  return transitions.map((transition) => {
    const effect = effectOf(transition)
    const height = effect === '' ? rowPlain : rowEffect
    const row = {
      edge: places.get(transition) ?? 0,
      transition,
      label: labelOf(transition),
      effect,
      height,
      top,
    }
    top += height
    return row
  })
}

function linesOf(state: ChartState, width: number, measure: Measure): Box['lines'] {
  const room = width - 2 * padding
  const described = wrapped(state.description, room, (text) => measure(text, fonts.text))
  const effectLines = effects(state).flatMap((text) =>
    wrapped(text, room, (part) => measure(part, fonts.effect)),
  )
  return [
    ...described.map((text) => ({ text, font: 'text' as const })),
    ...effectLines.map((text) => ({ text, font: 'effect' as const })),
  ].map((line, index) => ({ ...line, top: titleHeight + index * lineHeight }))
}

function wrapped(text: string, room: number, width: (text: string) => number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && width(`${last} ${word}`) <= room) lines[lines.length - 1] = `${last} ${word}`
    else if (word !== '') lines.push(word)
  }
  return lines
}

function effects(state: ChartState): string[] {
  return [
    ...(state.entry.length === 0 ? [] : [`entry / ${actions(state.entry)}`]),
    ...(state.exit.length === 0 ? [] : [`exit / ${actions(state.exit)}`]),
  ]
}

/** `lag.rose`, `after ackTimeout [guard]`. */
export function labelOf({ kind, event, guard }: ChartTransition): string {
  return `${kind === 'after' ? 'after ' : ''}${event}${guard === null ? '' : ` [${guard}]`}`
}

function effectOf({ actions: list }: ChartTransition): string {
  return list.length === 0 ? '' : `/ ${actions(list)}`
}

/** `noteReason(local), endLink`. */
export function actions(list: readonly ChartAction[]): string {
  return list
    .map(({ name, params }) =>
      params === undefined ? name : `${name}(${Object.values(params).map(String).join(', ')})`,
    )
    .join(', ')
}
