import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { chartOf, statesFrom } from '../../../src/inspector/chart.ts'
import { charts } from '../../../src/cli/drawing/drawn-machines.ts'
import { dotOf } from '../../../src/cli/drawing/dot.ts'
import { sampleMachine } from './sample-machine.ts'

const sample = chartOf(sampleMachine)
const named = [...charts, sample].map((chart) => [chart.name, chart] as const)
/** Graphviz. No package of ours: where it is missing its own check is left out. */
const dot = 'dot'
const hasGraphviz = spawnSync(dot, ['-V']).status === 0

/** Without the texts, which may hold anything. */
function bare(drawing: string): string {
  return drawing.replaceAll(/<<b>.*>/g, '""').replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
}

describe('a drawing for Graphviz', () => {
  test.each(named)(
    'of %s has balanced braces and brackets, and a cluster for each inner frame',
    (_, chart) => {
      const drawing = dotOf(chart)
      const counts = ['{', '}', '[', ']'].map((sign) => bare(drawing).split(sign).length)
      expect(counts[0]).toBe(counts[1])
      expect(counts[2]).toBe(counts[3])
      const frames = statesFrom(chart.root).filter((state) => state.states.length > 0)
      expect(drawing.match(/^ *subgraph "cluster /gm) ?? []).toHaveLength(frames.length - 1)
    },
  )

  test.each(named)('of %s joins only nodes that it declares', (_, chart) => {
    const drawing = dotOf(chart)
    const declared = [...drawing.matchAll(/^ *"([^"]+)" \[/gm)].map(([, id]) => id)
    const joined = [...drawing.matchAll(/^ *"([^"]+)" -> "([^"]+)"/gm)].flatMap(([, from, to]) => [from, to])
    expect(joined.length).toBeGreaterThan(4)
    expect(joined.filter((id) => !declared.includes(id))).toEqual([])
    expect(new Set(declared).size).toBe(declared.length)
  })

  test('escapes what Graphviz would read', () => {
    expect(dotOf(sample)).toContain('Holds "quotes"; &lt;tags&gt;: and #35;<br/>')
    expect(dotOf(sample)).toContain(String.raw`go [isNth] / note(a:b;c, 2)\nafter pause`)
  })

  test.skipIf(!hasGraphviz).each(named)(
    'of %s is drawn by Graphviz without a warning (skipped where `dot` is not installed)',
    (_, chart) => {
      const drawn = spawnSync(dot, ['-Tsvg'], { input: dotOf(chart), encoding: 'utf8' })
      expect(drawn.stderr).toBe('')
      expect(drawn.status).toBe(0)
      expect(drawn.stdout).toContain('</svg>')
    },
  )
})
