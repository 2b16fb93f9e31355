import { describe, expect, test } from 'vitest'
import { chartOf, statesFrom } from '../../../src/inspector/chart.ts'
import { charts } from '../../../src/cli/drawing/drawn-machines.ts'
import { mermaidOf } from '../../../src/cli/drawing/mermaid.ts'
import { readMermaid } from './mermaid-grammar.ts'
import { sampleMachine } from './sample-machine.ts'

const sample = chartOf(sampleMachine)
const all = [...charts, sample]

describe('a mermaid drawing', () => {
  test.each(all.map((chart) => [chart.name, chart] as const))('of %s keeps to the grammar', (_, chart) => {
    expect(readMermaid(mermaidOf(chart)).faults).toEqual([])
  })

  test.each(all.map((chart) => [chart.name, chart] as const))(
    'of %s has every state, its beginning and its end',
    (_, chart) => {
      const { declared, arrows } = readMermaid(mermaidOf(chart))
      const states = statesFrom(chart.root)
      expect(declared.filter((id) => !id.endsWith('_any_'))).toHaveLength(states.length - 1)
      const compounds = states.filter((state) => state.states.length > 0)
      expect(arrows.filter((arrow) => arrow.from === '[*]')).toHaveLength(compounds.length)
      const finals = states.filter((state) => state.type === 'final')
      expect(arrows.filter((arrow) => arrow.to === '[*]')).toHaveLength(finals.length)
    },
  )

  test('says on its arrows event, guard and actions, one line for each transition', () => {
    const { arrows } = readMermaid(mermaidOf(sample))
    expect(arrows.filter((arrow) => arrow.from !== '[*]' && arrow.to !== '[*]')).toEqual([
      { from: '_any_', to: 'note_', label: 'halt' },
      { from: 'end_', to: 'state_deep_bottom_', label: 'go [isSecond]' },
      { from: 'end_', to: 'state_deep_bottom_', label: 'go [isNth] /<br>note(a – b,c, 2)<br>after pause' },
      { from: 'state_any_', to: 'state_over_', label: 'up' },
      { from: 'state_any_', to: 'note_', label: 'done' },
      { from: 'state_deep_bottom_', to: 'state_over_', label: 'always [isSecond]' },
    ])
  })

  test('holds in a state its description, its effects and what it answers without being left', () => {
    const lines = mermaidOf(sample)
      .split('\n')
      .filter((line) => line.startsWith('  end_ :'))
    expect(lines.map((line) => line.trim())).toEqual([
      'end_ : Named as a word of mermaid.',
      'end_ : entry / ring',
      'end_ : exit / ring, note(left, 1)',
      'end_ : poke / ring',
      'end_ : noise is ignored',
    ])
  })
})

describe('the grammar', () => {
  const good = 'stateDiagram-v2\nstate "a" as a_ {\n[*] --> b_\nstate "b" as b_\n}\n'
  const faulty = (line: string) => readMermaid(`${good}${line}\n`).faults

  test('takes a good drawing', () => {
    expect(readMermaid(good).faults).toEqual([])
  })

  test.each([
    ['a colon in a label', 'a_ --> b_ : x: y'],
    ['a semicolon in a label', 'a_ --> b_ : x; y'],
    ['an entity', 'a_ : x #58 y'],
    ['a tag that is no line break', 'a_ --> b_ : <i>x'],
    ['an arrow to nowhere', 'a_ --> c_'],
    ['a state declared twice', 'state "b" as b_'],
    ['a word of mermaid as id', 'state "end" as end'],
    ['a brace too many', '}'],
    ['a brace too few', 'state "c" as c_ {'],
    ['a direction inside a text', 'a_ : the direction LR'],
    ['a quote inside a title', 'state "a "b" as c_'],
    ['a line of no form', 'a_ -> b_'],
  ])('refuses %s', (_, line) => {
    expect(faulty(line)).not.toEqual([])
  })
})
