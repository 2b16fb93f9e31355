import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { asciiOf } from '../../../src/cli/drawing/ascii.ts'
import { chartOf, statesFrom } from '../../../src/inspector/chart.ts'
import { charts } from '../../../src/cli/drawing/drawn-machines.ts'
import { Paint } from '../../../src/cli/rendering/paint.ts'
import { sampleMachine } from './sample-machine.ts'

const plain = new Paint(false, {})
const coloured = new Paint(true, {})
const named = charts.map((chart) => [chart.name, chart] as const)

describe('a drawing for terminals', () => {
  test('is a tree of the states and a table of what leads where', () => {
    expect(asciiOf(chartOf(sampleMachine), { paint: plain, columns: 80 }).split('\n')).toMatchInlineSnapshot(`
      [
        "sample: Holds "quotes"; <tags>: and #35; signs %% {too}.",
        "",
        "STATES (6), -> marks where it begins",
        "|-> end               Named as a word of mermaid.",
        "|                     entry / ring",
        "|                     exit / ring, note(left, 1)",
        "|-- state             Has states inside.",
        "|   |-> deep          Has one more.",
        "|   |   \`-> bottom    The lowest.",
        "|   \`-- over (final)  The inner end.",
        "\`-- note (final)      The outer end.",
        "",
        "TRANSITIONS (9)",
        "any state",
        "  halt         -> note               Anywhere.",
        "end",
        "  go           -> state.deep.bottom  First choice.",
        "                                     [isSecond]",
        "  go           -> state              Second choice.",
        "                                     [isNth]",
        "                                     / note(a:b;c, 2)",
        "  poke         (stays)               Stays.",
        "                                     / ring",
        "  noise        (ignored)             Heard by nobody.",
        "  after pause  -> state              Waited.",
        "any of state",
        "  up           -> state.over         Inside.",
        "  done         -> note               Its inside is through.",
        "state.deep.bottom",
        "  always       -> state.over         At once.",
        "                                     [isSecond]",
        "",
      ]
    `)
  })

  test.each(named)('of %s is ASCII alone and keeps within 80 columns', (_, chart) => {
    const drawing = asciiOf(chart, { paint: plain, columns: undefined })
    expect(drawing).toMatch(/^[\n -~]+$/)
    expect(drawing.split('\n').filter((line) => line.length > 80 || line !== line.trimEnd())).toEqual([])
  })

  test.each(named)('of %s leaves no word of a description out, however narrow', (_, chart) => {
    for (const columns of [20, 80, 300]) {
      const words = new Set(asciiOf(chart, { paint: plain, columns }).split(/\s+/))
      const said = statesFrom(chart.root).flatMap((state) => [
        state.description,
        ...state.transitions.map((one) => one.description),
      ])
      expect(said.flatMap((text) => text.split(' ')).filter((word) => !words.has(word))).toEqual([])
    }
  })

  test.each(named)('of %s says the same with colours', (_, chart) => {
    const drawing = asciiOf(chart, { paint: coloured, columns: 80 })
    expect(drawing).toContain('\u001b[')
    expect(stripVTControlCharacters(drawing)).toBe(asciiOf(chart, { paint: plain, columns: 80 }))
  })
})
