/** A chart as it is drawn: boxes with their places, edges with their ways. Computed once for each chart and room. */
import type { Chart } from '../../chart.ts'
import { boxesOf, titleHeight } from './boxes.ts'
import type { Box, Measure, Row } from './boxes.ts'
import { place } from './placing.ts'
import type { Placed } from './placing.ts'
import { Router } from './routing.ts'
import type { Point, Rect, Terminal, Wire } from './routing.ts'

export interface DrawnEdge {
  readonly index: number
  readonly points: readonly Point[]
}

export interface Drawing {
  readonly width: number
  readonly height: number
  /** Outer ones before those inside of them; the root is not among them. */
  readonly boxes: readonly Placed[]
  readonly edges: readonly DrawnEdge[]
  /** Where each group begins: a dot, and the box it leads to. */
  readonly beginnings: readonly { readonly at: Point; readonly to: Point }[]
}

const beginAt = 20

/** `room`: the size that it is to be shown in; the drawing is scaled into it. */
export function draw(
  chart: Chart,
  room: { readonly width: number; readonly height: number },
  measure: Measure,
): Drawing {
  const root = place(boxesOf(chart.root, measure), room)
  const boxes = within(root)
  const beginnings = [root, ...boxes].flatMap(beginningOf)
  const obstacles = [...boxes.map(solidPart), ...beginnings.map(({ at, to }) => markOf(at, to))]
  const groups = boxes.filter(({ box }) => box.children.length > 0)
  const router = new Router(root.width, root.height, obstacles, groups)
  const byId = new Map(boxes.map((placed) => [placed.box.id, placed]))
  const wires = boxes
    .flatMap((placed) => placed.box.rows.flatMap((row) => wireOf(placed, row, byId, groups)))
    .toSorted((a, b) => spanOf(a) - spanOf(b))
  const edges = wires.flatMap((wire) => {
    const points = router.route(wire)
    return points === undefined ? [] : [{ index: wire.id, points }]
  })
  return { width: root.width, height: root.height, boxes, edges, beginnings }
}

function within(placed: Placed): Placed[] {
  return placed.children.flatMap((child) => [child, ...within(child)])
}

/** What no edge may cross: a card, and of a group what stands above its states. */
function solidPart({ box, x, y, width, height }: Placed): Rect {
  return box.children.length === 0 ? { x, y, width, height } : { x, y, width, height: box.head }
}

function beginningOf({ box, children }: Placed): Drawing['beginnings'] {
  const first = children.find((child) => !child.box.isAny && child.box.id === box.state.initial)
  if (first === undefined) return []
  const y = first.y + titleHeight / 2
  return [{ at: { x: first.x - beginAt, y }, to: { x: first.x, y } }]
}

function markOf(at: Point, to: Point): Rect {
  return { x: at.x - 5, y: at.y - 5, width: to.x - at.x + 5, height: 10 }
}

function wireOf(
  { x, y, width, box }: Placed,
  row: Row,
  byId: ReadonlyMap<string, Placed>,
  groups: readonly Placed[],
): Wire[] {
  const { target } = row.transition
  const to = target === null || target === box.state.id ? undefined : byId.get(target)
  if (to === undefined) return []
  const middle = y + row.top + Math.min(row.height, 19) / 2
  const [center, goal] = [x + width / 2, to.x + to.width / 2]
  const starts: Terminal[] = [
    { x: x + width, y: middle, direction: 0, cost: goal < center ? 6 : 0 },
    { x, y: middle, direction: 2, cost: goal < center ? 0 : 10 },
  ]
  return [
    {
      id: row.edge,
      net: to.box.id,
      starts,
      ends: doorsOf(to.box, to),
      groups: around(groups, [box, to.box]),
    },
  ]
}

/** The groups that hold one of these boxes, or are one of them. */
function around(groups: readonly Placed[], boxes: readonly Box[]): number {
  let bits = 0
  for (const [index, { box: group }] of groups.slice(0, 31).entries()) {
    const holds = boxes.some(
      ({ state }) => state.id === group.state.id || state.id.startsWith(`${group.state.id}.`),
    )
    if (holds) bits |= 1 << index
  }
  return bits
}

/** Where edges may enter a box: beside its title, at its top, and where no rows are at its sides and bottom. */
function doorsOf(box: Box, { x, y, width, height }: Placed): Terminal[] {
  const side = (top: number, extra: number): Terminal[] => [
    { x, y: top, direction: 2, cost: extra },
    { x: x + width, y: top, direction: 0, cost: extra + 5 },
  ]
  const doors = side(y + titleHeight / 2, 0)
  const free = box.children.length > 0 ? box.head : (box.rows[0]?.top ?? height)
  for (let top = titleHeight + 10; top < free - 6; top += 8) doors.push(...side(y + top, 1))
  for (let at = 20; at < width - 14; at += 8) {
    doors.push({ x: x + at, y, direction: 3, cost: 3 })
    doors.push({ x: x + at, y: y + height, direction: 1, cost: box.children.length > 0 ? 24 : 5 })
  }
  return doors
}

function spanOf({ starts, ends }: Wire): number {
  const [start, end] = [starts[0], ends[0]]
  if (start === undefined || end === undefined) return 0
  return Math.abs(start.x - end.x) + Math.abs(start.y - end.y)
}

/** A line with round corners, as an SVG path. */
export function pathOf(points: readonly Point[], radius = 7): string {
  const [first, ...others] = points
  if (first === undefined) return ''
  let path = `M${at(first)}`
  for (const [index, corner] of others.entries()) {
    const before = points[index] ?? first
    const after = others[index + 1]
    if (after === undefined) {
      path += `L${at(corner)}`
      continue
    }
    const bend = Math.min(radius, length(before, corner) / 2, length(corner, after) / 2)
    path += `L${at(toward(corner, before, bend))}Q${at(corner)} ${at(toward(corner, after, bend))}`
  }
  return path
}

function at({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`
}

function length(a: Point, b: Point): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y)
}

function toward(from: Point, to: Point, by: number): Point {
  const whole = length(from, to)
  if (whole === 0) return from
  return { x: from.x + ((to.x - from.x) * by) / whole, y: from.y + ((to.y - from.y) * by) / whole }
}
