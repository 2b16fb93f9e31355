/**
 * A machine as a statechart in SVG. With `figures` it shows a population: who stands where, how hot each edge is, what
 * was never taken. With `lit` it shows one actor: where it stands, what it did last and what it can do next.
 */
import { useMemo } from 'preact/hooks'
import type { JSX } from 'preact'
import { draw, pathOf } from '../layout/layout.ts'
import type { Drawing } from '../layout/layout.ts'
import { fonts } from '../layout/boxes.ts'
import type { Box, Row } from '../layout/boxes.ts'
import type { Placed } from '../layout/placing.ts'
import type { Figures, MachineIndex } from '../model.ts'
import { measure } from '../measure.ts'
import { compact, rate } from './figures.ts'

export interface Lit {
  readonly states: readonly string[]
  /** The edge taken last, and its number, so that each taking is shown anew. */
  readonly last: { readonly edge: number; readonly n: number } | undefined
  /** Edges that can be taken now. */
  readonly next: ReadonlySet<number>
  /** The last event was not expected, where it was in this state. */
  readonly refusedIn: string | undefined
}

interface ChartProps {
  readonly index: MachineIndex
  readonly figures: Figures
  readonly room: { readonly width: number; readonly height: number }
  readonly lit?: Lit | undefined
  readonly selected?: string | undefined
  readonly select?: (state: string) => void
}

/** 0 to 4: from never lately to very often. */
function heat(perSecond: number): number {
  if (perSecond <= 0) return 0
  return Math.min(4, Math.max(1, Math.ceil(Math.log10(perSecond * 4 + 1) * 1.6)))
}

export function Chart({ index, figures, room, lit, selected, select }: ChartProps): JSX.Element {
  const [width, height] = [
    Math.max(320, Math.round(room.width / 20) * 20),
    Math.max(240, Math.round(room.height / 20) * 20),
  ]
  const drawing = useMemo(
    () => draw(index.machine.chart, { width, height }, measure),
    [index.machine.chart, width, height],
  )
  const scale = Math.min(room.width / drawing.width, room.height / drawing.height, 1.25)
  const population = (box: Box): number => populationOf(index, figures, box.state.id)
  const hottest = drawing.edges.toSorted(
    (a, b) => (figures.rates[a.index] ?? 0) - (figures.rates[b.index] ?? 0),
  )
  return (
    <svg
      class={`chart ${lit === undefined ? 'population' : 'single'}`}
      width={drawing.width * scale}
      height={drawing.height * scale}
      viewBox={`0 0 ${drawing.width} ${drawing.height}`}
      role="group"
      aria-label={`Statechart of ${index.machine.chart.name}: ${index.machine.chart.description}`}
    >
      <Marks />
      {drawing.boxes
        .filter(({ box }) => box.children.length > 0)
        .map((placed) => (
          <Group
            key={placed.box.id}
            placed={placed}
            population={population(placed.box)}
            lit={isLit(lit, placed.box)}
            single={lit !== undefined}
          />
        ))}
      <Beginnings drawing={drawing} />
      <g class="edges" aria-hidden="true">
        {hottest.map(({ index: edge, points }) => (
          <path
            key={edge}
            d={pathOf(points)}
            class={edgeClass(figures, edge, lit)}
            marker-end={`url(#${markerOf(figures, edge, lit)})`}
          />
        ))}
      </g>
      {lit?.last === undefined ? null : <Taken drawing={drawing} edge={lit.last.edge} n={lit.last.n} />}
      {drawing.boxes
        .filter(({ box }) => box.children.length === 0)
        .map((placed) => (
          <Card
            key={placed.box.id}
            placed={placed}
            figures={figures}
            population={population(placed.box)}
            lit={lit}
            selected={selected === placed.box.id}
            select={select}
          />
        ))}
    </svg>
  )
}

const markers = ['never', 'cold', 'heat1', 'heat2', 'heat3', 'heat4', 'taken', 'next'] as const

function Marks(): JSX.Element {
  return (
    <defs>
      {markers.map((name) => (
        <marker
          key={name}
          id={`arrow-${name}`}
          class={`arrow ${name}`}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0.5 0.8L7.5 4L0.5 7.2z" />
        </marker>
      ))}
    </defs>
  )
}

function nameOf(figures: Figures, edge: number, lit: Lit | undefined): (typeof markers)[number] {
  if (lit?.last?.edge === edge) return 'taken'
  if (lit !== undefined) return lit.next.has(edge) ? 'next' : 'cold'
  const level = heat(figures.rates[edge] ?? 0)
  if (level > 0) return markers[level + 1] ?? 'heat4'
  return (figures.edges[edge] ?? 0) > 0 ? 'cold' : 'never'
}

function markerOf(figures: Figures, edge: number, lit: Lit | undefined): string {
  return `arrow-${nameOf(figures, edge, lit)}`
}

function edgeClass(figures: Figures, edge: number, lit: Lit | undefined): string {
  return `edge ${nameOf(figures, edge, lit)}`
}

function populationOf(index: MachineIndex, figures: Figures, id: string): number {
  let sum = 0
  for (const [leaf, place] of index.leaves)
    if (leaf === id || leaf.startsWith(`${id}.`)) sum += figures.leaves[place] ?? 0
  return sum
}

function isLit(lit: Lit | undefined, { state, isAny }: Box): boolean {
  return (
    lit !== undefined && !isAny && lit.states.some((id) => id === state.id || id.startsWith(`${state.id}.`))
  )
}

function Group(props: { placed: Placed; population: number; lit: boolean; single: boolean }): JSX.Element {
  const { placed, population, lit, single } = props
  const { box, x, y, width, height } = placed
  return (
    <g class={`group ${lit ? 'lit' : ''}`} transform={`translate(${x} ${y})`}>
      <rect class="frame" width={width} height={height} rx="12" />
      <text class="title" x="14" y="18" data-label>
        {box.title}
      </text>
      <Lines box={box} />
      {single ? null : <Badge x={width - 12} count={population} />}
    </g>
  )
}

function Lines({ box }: { box: Box }): JSX.Element {
  return (
    <>
      {box.lines.map(({ text, font, top }) => (
        <text key={top} class={font} x={box.children.length > 0 ? 14 : 10} y={top + 9} data-label>
          {text}
        </text>
      ))}
    </>
  )
}

/** How many stand here. */
function Badge({ x, count }: { x: number; count: number }): JSX.Element {
  const text = compact(count)
  const width = measure(text, { ...fonts.event, bold: true }) + 14
  return (
    <g class={`badge ${count > 0 ? 'some' : 'none'}`} transform={`translate(${x - width} 5)`}>
      <rect width={width} height="17" rx="8.5" />
      <text x={width / 2} y="12.5" text-anchor="middle" data-label>
        {text}
      </text>
    </g>
  )
}

function Beginnings({ drawing }: { drawing: Drawing }): JSX.Element {
  return (
    <g class="beginnings" aria-hidden="true">
      {drawing.beginnings.map(({ at, to }) => (
        <g key={`${at.x} ${at.y}`}>
          <circle cx={at.x} cy={at.y} r="4.5" />
          <path d={`M${at.x} ${at.y}L${to.x - 1} ${to.y}`} marker-end="url(#arrow-cold)" />
        </g>
      ))}
    </g>
  )
}

interface CardProps {
  readonly placed: Placed
  readonly figures: Figures
  readonly population: number
  readonly lit: Lit | undefined
  readonly selected: boolean
  readonly select: ((state: string) => void) | undefined
}

function Card({ placed, figures, population, lit, selected, select }: CardProps): JSX.Element {
  const { box, x, y, width, height } = placed
  const final = box.state.type === 'final'
  const classes = [
    'card',
    box.isAny ? 'any' : '',
    final ? 'final' : '',
    selected ? 'selected' : '',
    isLit(lit, box) ? 'lit' : '',
  ]
  const refused = lit?.refusedIn === box.state.id && !box.isAny
  const act = box.isAny || select === undefined ? undefined : () => select(box.id)
  return (
    <g
      class={classes.join(' ')}
      transform={`translate(${x} ${y})`}
      {...(act === undefined ? {} : { onClick: act })}
    >
      <Handle box={box} width={width} height={height} population={population} selected={selected} act={act} />
      {final ? <rect class="inner" x="3.5" y="3.5" width={width - 7} height={height - 7} rx="5.5" /> : null}
      {box.rows.length === 0 || box.isAny ? null : <path class="rule" d={`M0 ${box.head}H${width}`} />}
      <Lines box={box} />
      {lit === undefined && !box.isAny ? <Badge x={width - 8} count={population} /> : null}
      {refused ? <RefusedMark key={lit?.last?.n} width={width} height={height} /> : null}
      {box.rows.map((row) => (
        <RowOf key={row.edge} row={row} width={width} figures={figures} lit={lit} />
      ))}
    </g>
  )
}

interface HandleProps {
  readonly box: Box
  readonly width: number
  readonly height: number
  readonly population: number
  readonly selected: boolean
  readonly act: (() => void) | undefined
}

/** The frame and the name; where a state can be chosen, a button of the same words. */
function Handle({ box, width, height, population, selected, act }: HandleProps): JSX.Element {
  const content = (
    <>
      <rect class="frame" width={width} height={height} rx="8" />
      <text class="title" x="10" y="18" data-label>
        {box.title}
      </text>
    </>
  )
  if (act === undefined) return content
  return (
    <g
      role="button"
      tabindex={0}
      aria-label={`${box.title}: ${population}`}
      aria-pressed={selected}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        act()
      }}
    >
      {content}
    </g>
  )
}

function RefusedMark({ width, height }: { width: number; height: number }): JSX.Element {
  return <rect class="refused" x="-3" y="-3" width={width + 6} height={height + 6} rx="10" />
}

function RowOf({
  row,
  width,
  figures,
  lit,
}: {
  row: Row
  width: number
  figures: Figures
  lit: Lit | undefined
}): JSX.Element {
  const { edge, transition, label, effect, top, height } = row
  const count = figures.edges[edge] ?? 0
  const perSecond = figures.rates[edge] ?? 0
  const name = nameOf(figures, edge, lit)
  return (
    <g class={`row ${name} ${transition.target === null ? 'stays' : ''}`} transform={`translate(0 ${top})`}>
      <title>{`${label}${effect} — ${transition.description}`}</title>
      <rect class="tint" x="1" y="0" width={width - 2} height={height} />
      <text class="event" x="10" y="13.5" data-label>
        {label}
      </text>
      {effect === '' ? null : (
        <text class="effect" x="10" y="25" data-label>
          {effect}
        </text>
      )}
      <text class="figure" x={width - 10} y="13.5" text-anchor="end" data-label>
        {lit === undefined ? figureOf(count, perSecond) : transition.target === null ? '↺' : ''}
      </text>
    </g>
  )
}

function figureOf(count: number, perSecond: number): string {
  if (count === 0) return '–'
  return perSecond > 0 ? rate(perSecond) : compact(count)
}

/** A dot that runs along the edge that was taken last. */
function Taken({ drawing, edge, n }: { drawing: Drawing; edge: number; n: number }): JSX.Element | null {
  const points = drawing.edges.find((one) => one.index === edge)?.points
  if (points === undefined) return null
  const path = pathOf(points)
  return (
    <g class="taken-dot" key={n} aria-hidden="true">
      <path class="trail" d={path} pathLength={100} />
      <circle
        r="5"
        data-path={path}
        ref={(circle) => circle?.style.setProperty('offset-path', `path("${path}")`)}
      />
    </g>
  )
}
