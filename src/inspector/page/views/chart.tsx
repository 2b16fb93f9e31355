/**
 * A machine as a statechart in SVG. With `figures` it shows a population: who stands where, how hot each edge is, what
 * was never taken. With `lit` it shows one actor: where it stands, what it did last and what it can do next.
 */
import { useMemo } from 'preact/hooks'
import type { JSX } from 'preact'
import { draw, pathOf } from '../layout/layout.ts'
import type { Drawing } from '../layout/layout.ts'
import type { Box } from '../layout/boxes.ts'
import type { Figures, MachineIndex } from '../model.ts'
import { measure } from '../measure.ts'
import { Card, Group } from './chart-boxes.tsx'
import { isLit, markers, nameOf } from './lit.ts'
import type { Lit } from './lit.ts'

interface ChartProps {
  readonly index: MachineIndex
  readonly figures: Figures
  readonly room: { readonly width: number; readonly height: number }
  readonly lit?: Lit | undefined
  readonly selected?: string | undefined
  readonly select?: (state: string) => void
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
