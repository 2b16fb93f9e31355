/**
 * Edges as lines between the boxes: each is the cheapest way over a grid, around all boxes, with few bends and
 * crossings. Edges into one state join, as lines of a railway do; others never share a way.
 */

import { Heap } from './heap.ts'

export interface Rect {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Terminal {
  readonly x: number
  readonly y: number
  /** Away from the box: 0 right, 1 down, 2 left, 3 up. */
  readonly direction: number
  /** What it costs to use this one rather than another. */
  readonly cost: number
}

export interface Wire {
  readonly id: number
  /** Wires of one net end in the same state and may join. */
  readonly net: string
  readonly starts: readonly Terminal[]
  readonly ends: readonly Terminal[]
  /** Groups that it may cross at no cost: a bit for each. */
  readonly groups: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

export const step = 8
const dx = [1, 0, -1, 0]
const dy = [0, 1, 0, -1]
const cost = { bend: 7, crossing: 9, beside: 1.6, joined: 0.25, near: 1.2, shared: 40, foreign: 1.3 }

export class Router {
  readonly #columns: number
  readonly #rows: number
  readonly #blocked: Uint8Array
  readonly #near: Uint8Array
  /** Per cell and axis (0 horizontal, 1 vertical): the net that lies there, from 1. */
  readonly #taken: [Uint16Array, Uint16Array]
  /** Per cell: the groups around it, a bit for each of the first 31. */
  readonly #groups: Int32Array
  readonly #nets = new Map<string, number>()

  constructor(width: number, height: number, obstacles: readonly Rect[], groups: readonly Rect[] = []) {
    this.#columns = Math.ceil(width / step) + 1
    this.#rows = Math.ceil(height / step) + 1
    const size = this.#columns * this.#rows
    this.#blocked = new Uint8Array(size)
    this.#near = new Uint8Array(size)
    this.#taken = [new Uint16Array(size), new Uint16Array(size)]
    this.#groups = new Int32Array(size)
    for (const [index, rect] of groups.slice(0, 31).entries()) this.#around(rect, 1 << index)
    for (const rect of obstacles) this.#mark(this.#near, rect, step * 1.5)
    for (const rect of obstacles) this.#mark(this.#blocked, rect, 3)
  }

  #around(rect: Rect, bit: number): void {
    const within = new Uint8Array(this.#groups.length)
    this.#mark(within, rect, 4)
    for (const [cell, inside] of within.entries())
      if (inside === 1) this.#groups[cell] = (this.#groups[cell] ?? 0) | bit
  }

  #mark(into: Uint8Array, { x, y, width, height }: Rect, by: number): void {
    const [left, right] = [Math.ceil((x - by) / step), Math.floor((x + width + by) / step)]
    const [top, bottom] = [Math.ceil((y - by) / step), Math.floor((y + height + by) / step)]
    for (let row = Math.max(0, top); row <= Math.min(this.#rows - 1, bottom); row++)
      for (let column = Math.max(0, left); column <= Math.min(this.#columns - 1, right); column++)
        into[row * this.#columns + column] = 1
  }

  /** The corners of a wire's way, from its start to its end; undefined where there is none. */
  route(wire: Wire): Point[] | undefined {
    const net = this.#nets.get(wire.net) ?? this.#nets.size + 1
    this.#nets.set(wire.net, net)
    // Where there is no way of its own it shares one for a stretch.
    const found = this.#search(wire, net, false) ?? this.#search(wire, net, true)
    if (found === undefined) return undefined
    for (let index = 1; index < found.cells.length; index++) {
      const [before, cell] = [found.cells[index - 1] ?? 0, found.cells[index] ?? 0]
      const axis = Math.abs(cell - before) === 1 ? 0 : 1
      this.#taken[axis][before] = net
      this.#taken[axis][cell] = net
    }
    return this.#corners(found)
  }

  #cellAt({ x, y, direction }: Terminal): number {
    // The first grid point outside of the box, in the terminal's direction.
    const off = 5
    const column = gridded(x + (dx[direction] ?? 0) * off, dx[direction] ?? 0)
    const row = gridded(y + (dy[direction] ?? 0) * off, dy[direction] ?? 0)
    if (column < 0 || row < 0 || column >= this.#columns || row >= this.#rows) return -1
    return row * this.#columns + column
  }

  #search(wire: Wire, net: number, sharing: boolean): Found | undefined {
    const goals = new Map<number, { end: Terminal; cost: number }>()
    for (const end of wire.ends) {
      const cell = this.#cellAt(end)
      if (cell >= 0 && this.#blocked[cell] !== 1)
        goals.set(cell * 4 + ((end.direction + 2) % 4), { end, cost: end.cost })
    }
    const { best, from, heap } = newSearch(this.#columns * this.#rows * 4)
    for (const start of wire.starts) {
      const cell = this.#cellAt(start)
      if (cell < 0 || this.#blocked[cell] === 1) continue
      const state = cell * 4 + start.direction
      if (start.cost >= (best[state] ?? Infinity)) continue
      best[state] = start.cost
      heap.push(state, start.cost)
    }
    let reached: { state: number; end: Terminal; cost: number } | undefined
    for (let state = heap.pop(); state !== undefined; state = heap.pop()) {
      const spent = best[state] ?? Infinity
      if (reached !== undefined && heap.popped >= reached.cost) break
      if (heap.popped > spent + 1e-6) continue
      const goal = goals.get(state)
      if (goal !== undefined && spent + goal.cost < (reached?.cost ?? Infinity))
        reached = { state, end: goal.end, cost: spent + goal.cost }
      this.#spread(state, spent, sharing ? -net : net, wire.groups, (next, total) => {
        if (total >= (best[next] ?? Infinity)) return
        best[next] = total
        from[next] = state
        heap.push(next, total)
      })
    }
    if (reached === undefined) return undefined
    const cells: number[] = []
    let state = reached.state
    for (let guard = 0; guard < best.length; guard++) {
      cells.push(state >> 2)
      const before = from[state] ?? -1
      if (before === -1) break
      state = before
    }
    const first = cells.at(-1) ?? 0
    const start = wire.starts.find((one) => this.#cellAt(one) === first && one.direction === (state & 3))
    return start === undefined ? undefined : { start, end: reached.end, cells: cells.toReversed() }
  }

  #spread(
    state: number,
    spent: number,
    net: number,
    groups: number,
    visit: (next: number, total: number) => void,
  ): void {
    const [cell, direction] = [state >> 2, state & 3]
    const [column, row] = [cell % this.#columns, Math.floor(cell / this.#columns)]
    for (let turn = 0; turn < 4; turn++) {
      if (turn === (direction + 2) % 4) continue
      const [nextColumn, nextRow] = [column + (dx[turn] ?? 0), row + (dy[turn] ?? 0)]
      // The outermost cells stay free: a line on the edge of the drawing is half a line.
      if (nextColumn < 1 || nextRow < 1 || nextColumn >= this.#columns - 2 || nextRow >= this.#rows - 2)
        continue
      const next = nextRow * this.#columns + nextColumn
      if (this.#blocked[next] === 1) continue
      const moved = this.#costOf(cell, next, turn, net, turn !== direction)
      const foreign = ((this.#groups[next] ?? 0) & ~groups) === 0 ? 0 : cost.foreign
      if (moved !== undefined) visit(next * 4 + turn, spent + moved + foreign)
    }
  }

  /** A negative `net` may share others' ways. */
  #costOf(cell: number, next: number, turn: number, wanted: number, bends: boolean): number | undefined {
    const net = Math.abs(wanted)
    const axis = turn % 2 === 0 ? 0 : 1
    const along = this.#taken[axis]
    const across = this.#taken[axis === 0 ? 1 : 0]
    const [here, there] = [along[cell] ?? 0, along[next] ?? 0]
    const shares = (there !== 0 && there !== net) || (here !== 0 && here !== net)
    if (shares && wanted > 0) return undefined
    const crossed = across[next] ?? 0
    // A bend on another wire's cell would look as if the two were one.
    if (bends && wanted > 0 && (across[cell] ?? 0) !== 0 && across[cell] !== net) return undefined
    const joined = there === net || crossed === net
    const side = axis === 0 ? this.#columns : 1
    const beside = [along[next - side] ?? 0, along[next + side] ?? 0].some((one) => one !== 0 && one !== net)
    return (
      (joined ? cost.joined : 1) +
      (shares ? cost.shared : 0) +
      (bends ? (joined ? cost.bend / 2 : cost.bend) : 0) +
      (crossed !== 0 && crossed !== net ? cost.crossing : 0) +
      (beside ? cost.beside : 0) +
      (this.#near[next] === 1 ? cost.near : 0)
    )
  }

  #corners({ start, end, cells }: Found): Point[] {
    const points: Point[] = [start]
    for (const cell of cells)
      points.push({ x: (cell % this.#columns) * step, y: Math.floor(cell / this.#columns) * step })
    points.push(end)
    return straightened(points, start, end)
  }
}

interface Found {
  readonly start: Terminal
  readonly end: Terminal
  readonly cells: readonly number[]
}

function gridded(value: number, direction: number): number {
  if (direction > 0) return Math.ceil(value / step)
  if (direction < 0) return Math.floor(value / step)
  return Math.round(value / step)
}

/** The grid does not meet the ends exactly: their first and last stretch is moved onto them, then only corners stay. */
function straightened(points: readonly Point[], start: Terminal, end: Terminal): Point[] {
  const moved = points.map((point) => ({ ...point }))
  const align = (list: { x: number; y: number }[], terminal: Terminal): void => {
    const horizontal = terminal.direction % 2 === 0
    const grid = list[1]
    if (grid === undefined) return
    const value = horizontal ? grid.y : grid.x
    for (const point of list.slice(1)) {
      if ((horizontal ? point.y : point.x) !== value) break
      if (horizontal) point.y = terminal.y
      else point.x = terminal.x
    }
  }
  align(moved, start)
  // The same from the other end: the points are those of `moved`.
  align(moved.toReversed(), end)
  return moved.filter((point, index) => {
    const [before, after] = [moved[index - 1], moved[index + 1]]
    if (before === undefined || after === undefined) return true
    return !(same(before.x, point.x, after.x) || same(before.y, point.y, after.y))
  })
}

function same(a: number, b: number, c: number): boolean {
  return Math.abs(a - b) < 0.01 && Math.abs(b - c) < 0.01
}

function newSearch(size: number): { best: Float64Array; from: Int32Array; heap: Heap } {
  return {
    best: new Float64Array(size).fill(Infinity),
    from: new Int32Array(size).fill(-1),
    heap: new Heap(),
  }
}
