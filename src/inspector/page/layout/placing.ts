/**
 * Where the boxes go: states in the order of their machine's file, in columns. For each group every way to cut its
 * states into columns is tried, and those kept that are best for some shape; then the whole that is drawn largest in the
 * room there is.
 */
import type { Box } from './boxes.ts'

export interface Placed {
  readonly box: Box
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly children: readonly Placed[]
}

/** A way to lay a box out, its children relative to it. */
interface Shape {
  readonly box: Box
  readonly width: number
  readonly height: number
  readonly children: readonly { readonly shape: Shape; readonly x: number; readonly y: number }[]
}

/** Between columns and between rows, the widest first: taken where nothing has to be made smaller for it. */
const gaps = [
  { x: 112, y: 40 },
  { x: 96, y: 36 },
  { x: 80, y: 32 },
  { x: 64, y: 28 },
]
const inset = 18
/** On the left, where the mark of the beginning stands. */
const insetBegin = 34
const insetRoot = 40
const shapesMax = 5
const combinationsMax = 64

/** The best layout of `root` in a room of this size. */
export function place(root: Box, room: { readonly width: number; readonly height: number }): Placed {
  let best: { shape: Shape; scale: number } | undefined
  for (const gap of gaps) {
    const found = largest(shapesOf(root, true, gap), room)
    if (best === undefined || found.scale > best.scale) best = found
    if (best.scale >= 1) break
  }
  if (best === undefined) throw new Error('a chart has no states')
  return placed(best.shape, 0, 0)
}

function largest(
  shapes: readonly Shape[],
  room: { readonly width: number; readonly height: number },
): { shape: Shape; scale: number } {
  const scaled = shapes.map((shape) => ({
    shape,
    scale: Math.min(room.width / shape.width, room.height / shape.height),
  }))
  return scaled.reduce((best, one) => (one.scale > best.scale ? one : best))
}

interface Gap {
  readonly x: number
  readonly y: number
}

function placed({ box, width, height, children }: Shape, x: number, y: number): Placed {
  return {
    box,
    x,
    y,
    width,
    height,
    children: children.map((child) => placed(child.shape, x + child.x, y + child.y)),
  }
}

function shapesOf(box: Box, isRoot: boolean, gap: Gap): Shape[] {
  if (box.children.length === 0) return [{ box, width: box.width, height: box.height, children: [] }]
  const found = combinations(box.children.map((child) => shapesOf(child, false, gap))).flatMap((shapes) =>
    cuts(shapes.length).map((columns) => group(box, shapes, columns, isRoot, gap)),
  )
  return isRoot ? found : frontier(found)
}

/** Each way to take one shape for every child, a bounded number of them. */
function combinations(choices: readonly (readonly Shape[])[]): Shape[][] {
  let found: Shape[][] = [[]]
  for (const choice of choices) {
    found = found.flatMap((before) => choice.map((shape) => [...before, shape])).slice(0, combinationsMax)
  }
  return found
}

/** Ways to cut `count` things into columns: the number in each. Of many things, only into columns of equal length. */
function cuts(count: number): number[][] {
  if (count > 9) {
    const lengths = Array.from({ length: Math.ceil(Math.sqrt(count)) * 2 }, (_, index) => index + 1)
    return lengths.map((length) =>
      Array.from({ length: Math.ceil(count / length) }, (_, index) =>
        Math.min(length, count - index * length),
      ),
    )
  }
  if (count === 1) return [[1]]
  return cuts(count - 1).flatMap((columns) => {
    const last = columns.at(-1) ?? 0
    return [
      [...columns, 1],
      [...columns.slice(0, -1), last + 1],
    ]
  })
}

function group(
  box: Box,
  shapes: readonly Shape[],
  columns: readonly number[],
  isRoot: boolean,
  gap: Gap,
): Shape {
  const left = isRoot ? insetRoot : insetBegin
  const top = isRoot ? 20 : box.head + 12
  const bottom = isRoot ? 24 : inset
  const stacks = stacksOf(shapes, columns, gap.y)
  const inner = Math.max(...stacks.map(({ height }) => height))
  let x = left
  const children = stacks.flatMap(({ items, width, height }) => {
    let y = top + (inner - height) / 2
    const placedHere = items.map((shape) => {
      const at = { shape, x: x + (width - shape.width) / 2, y }
      y += shape.height + gap.y
      return at
    })
    x += width + gap.x
    return placedHere
  })
  const right = isRoot ? insetRoot : inset + 6
  return {
    box,
    width: Math.max(x - gap.x + right, isRoot ? 0 : box.width + 24),
    height: top + inner + bottom,
    children,
  }
}

interface Stack {
  readonly items: readonly Shape[]
  readonly width: number
  readonly height: number
}

function stacksOf(shapes: readonly Shape[], columns: readonly number[], gapY: number): Stack[] {
  let from = 0
  return columns.map((length) => {
    const items = shapes.slice(from, from + length)
    from += length
    return {
      items,
      width: Math.max(...items.map(({ width }) => width)),
      height: items.reduce((sum, { height }) => sum + height, 0) + gapY * (items.length - 1),
    }
  })
}

/** Those than which none is both narrower and lower; of many, spread over the shapes there are. */
function frontier(shapes: readonly Shape[]): Shape[] {
  const sorted = shapes.toSorted((a, b) => a.width - b.width || a.height - b.height)
  const kept: Shape[] = []
  for (const shape of sorted) if (shape.height < (kept.at(-1)?.height ?? Infinity)) kept.push(shape)
  if (kept.length <= shapesMax) return kept
  const step = (kept.length - 1) / (shapesMax - 1)
  return Array.from({ length: shapesMax }, (_, index) => kept[Math.round(index * step)]).filter(
    (shape) => shape !== undefined,
  )
}
