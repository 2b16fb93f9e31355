/** The boxes of a statechart: groups, cards with a row for each edge that leaves them, and how many stand there. */
import type { JSX } from 'preact'
import { fonts } from '../layout/boxes.ts'
import type { Box, Row } from '../layout/boxes.ts'
import type { Placed } from '../layout/placing.ts'
import { measure } from '../measure.ts'
import type { Figures } from '../model.ts'
import { compact, rate } from './figures.ts'
import { isLit, nameOf } from './lit.ts'
import type { Lit } from './lit.ts'

export function Group(props: {
  placed: Placed
  population: number
  lit: boolean
  single: boolean
}): JSX.Element {
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

interface CardProps {
  readonly placed: Placed
  readonly figures: Figures
  readonly population: number
  readonly lit: Lit | undefined
  readonly selected: boolean
  readonly select: ((state: string) => void) | undefined
}

export function Card({ placed, figures, population, lit, selected, select }: CardProps): JSX.Element {
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
