/** The drawing of every machine, measured with estimated widths; the browser test does the same with real ones. */
import { describe, expect, test } from 'vitest'
import { charts } from '../../src/cli/drawing/drawn-machines.ts'
import { chartOf } from '../../src/inspector/chart.ts'
import { draw } from '../../src/inspector/page/layout/layout.ts'
import type { Drawing } from '../../src/inspector/page/layout/layout.ts'
import type { Font } from '../../src/inspector/page/layout/boxes.ts'
import { sampleMachine } from '../cli/drawing/sample-machine.ts'

const measure = (text: string, { size, mono }: Font) => text.length * size * (mono ? 0.61 : 0.58)
const rooms = [
  { width: 1_280, height: 640 },
  { width: 1_280, height: 420 },
  { width: 700, height: 900 },
]
const cases = [...charts, chartOf(sampleMachine)].flatMap((chart) =>
  rooms.map((room) => ({
    name: chart.name,
    size: `${room.width}×${room.height}`,
    drawing: draw(chart, room, measure),
  })),
)

const cards = ({ boxes }: Drawing) => boxes.filter(({ box }) => box.children.length === 0)

describe.each(cases)('$name at $size', ({ drawing }) => {
  test('has every card apart from all others and within the drawing', () => {
    const all = cards(drawing)
    for (const [index, a] of all.entries()) {
      expect(a.x).toBeGreaterThanOrEqual(0)
      expect(a.x + a.width).toBeLessThanOrEqual(drawing.width)
      expect(a.y + a.height).toBeLessThanOrEqual(drawing.height)
      for (const b of all.slice(index + 1)) {
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
        expect(apart, `${a.box.id} and ${b.box.id}`).toBe(true)
      }
    }
  })

  test('draws an edge for every transition that leads to another state', () => {
    const leading = drawing.boxes.flatMap(({ box }) =>
      box.rows
        .filter(({ transition: { target } }) => target !== null && target !== box.state.id)
        .map(({ edge }) => edge),
    )
    expect(drawing.edges.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(
      leading.toSorted((a, b) => a - b),
    )
  })

  test('has no edge across a card, and all within the drawing', () => {
    for (const { index, points } of drawing.edges) {
      for (const [place, to] of points.slice(1).entries()) {
        const from = points[place] ?? to
        const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)]
        const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)]
        expect(left >= 0 && top >= 0 && right <= drawing.width && bottom <= drawing.height).toBe(true)
        const crossed = cards(drawing).filter(
          ({ x, y, width, height }) =>
            right > x + 1 && left < x + width - 1 && bottom > y + 1 && top < y + height - 1,
        )
        expect(
          crossed.map(({ box }) => box.id),
          `edge ${index}`,
        ).toEqual([])
      }
    }
  })
})
