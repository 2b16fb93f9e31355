import { describe, expect, test } from 'vitest'
import { chartCounts } from '../../../src/cli/drawing/chart-counts.ts'
import { charts } from '../../../src/cli/drawing/drawn-machines.ts'
import { screenOf } from '../../../src/cli/drawing/live-screen.ts'
import { statesFrom } from '../../../src/inspector/chart.ts'
import { Paint } from '../../../src/cli/rendering/paint.ts'

function screen(name: string, columns: number, lines: number): string[] {
  const chart = charts.find((one) => one.name === name)
  if (chart === undefined) throw new Error('no chart')
  const edges = statesFrom(chart.root).flatMap(({ transitions }) => transitions)
  const taken = edges.map((_, index) => (index % 3 === 0 ? index * 7 : 0))
  const counts = { key: name, leaves: [1, 2, 3], edges: taken, refused: 0 }
  const look = { counts: chartCounts(chart, { counts, at: 0 }, undefined), paint: new Paint(false, {}) }
  return screenOf(chart, { ...look, columns, lines, taken })
    .trimEnd()
    .split('\n')
}

describe('a live chart in a terminal', () => {
  test.each(charts.flatMap(({ name }) => [[name, 80, 24] as const, [name, 120, 40] as const]))(
    'of %s fits into %i×%i: every state, then what was taken most',
    (name, columns, lines) => {
      const drawn = screen(name, columns, lines)
      expect(drawn.length).toBeLessThan(lines)
      expect(Math.max(...drawn.map((line) => line.length))).toBeLessThanOrEqual(columns)
      expect(drawn.some((line) => line.endsWith('times'))).toBe(true)
    },
  )

  test('is drawn whole where there is room for it', () => {
    expect(screen('connection', 120, 200).join('\n')).toContain('TRANSITIONS (20)')
  })
})
