import { setup } from 'xstate'
import { describe, expect, test } from 'vitest'
import { chartOf, statesFrom } from '../../src/inspector/chart.ts'
import { documentOf } from '../../src/cli/drawing/json.ts'
import { connectionMachine } from '../../machines/connection.ts'
import { sampleMachine } from '../cli/drawing/sample-machine.ts'

const sample = chartOf(sampleMachine)
const stateOf = (id: string) => statesFrom(sample.root).find((state) => state.id === id)

describe('the chart of a machine', () => {
  test('has its states as a tree, in the order of the file', () => {
    expect(statesFrom(sample.root).map((state) => [state.id, state.type, state.initial])).toEqual([
      ['sample', 'compound', 'sample.end'],
      ['sample.end', 'atomic', null],
      ['sample.state', 'compound', 'sample.state.deep'],
      ['sample.state.deep', 'compound', 'sample.state.deep.bottom'],
      ['sample.state.deep.bottom', 'atomic', null],
      ['sample.state.over', 'final', null],
      ['sample.note', 'final', null],
    ])
  })

  test('has what is done on entry and exit, without the timers that XState adds for delays', () => {
    expect(stateOf('sample.end')).toMatchObject({
      description: 'Named as a word of mermaid.',
      entry: [{ name: 'ring' }],
      exit: [{ name: 'ring' }, { name: 'note', params: { why: 'left', n: 1 } }],
    })
  })

  test('has events, delays, immediate transitions and ends, with guards and actions by name', () => {
    const end = stateOf('sample.end')?.transitions ?? []
    expect(end.map(({ kind, event, guard, target }) => [kind, event, guard, target])).toEqual([
      ['event', 'go', 'isSecond', 'sample.state.deep.bottom'],
      ['event', 'go', 'isNth', 'sample.state'],
      ['event', 'poke', null, null],
      ['event', 'noise', null, null],
      ['after', 'pause', null, 'sample.state'],
    ])
    expect(end[1]?.actions).toEqual([{ name: 'note', params: { why: 'a:b;c', n: 2 } }])
    expect(end[2]).toMatchObject({ actions: [{ name: 'ring' }], description: 'Stays.' })
    expect(stateOf('sample.state')?.transitions).toContainEqual(
      expect.objectContaining({ kind: 'done', event: 'done', target: 'sample.note' }),
    )
    expect(stateOf('sample.state.deep.bottom')?.transitions).toEqual([
      {
        kind: 'always',
        event: 'always',
        guard: 'isSecond',
        actions: [],
        target: 'sample.state.over',
        description: 'At once.',
      },
    ])
  })

  test('says of a function without a name that it is inline', () => {
    const machine = setup({}).createMachine({
      id: 'inline',
      on: { go: { guard: () => true, actions: () => {} } },
    })
    expect(chartOf(machine).root.transitions[0]).toMatchObject({
      guard: 'inline',
      actions: [{ name: 'inline' }],
    })
  })

  test('is refused where a transition leads to several states', () => {
    const machine = setup({}).createMachine({
      id: 'forked',
      initial: 'off',
      states: {
        off: { on: { go: { target: ['#b1', '#c1'] } } },
        on: {
          type: 'parallel',
          states: {
            b: { initial: 'b1', states: { b1: { id: 'b1' } } },
            c: { initial: 'c1', states: { c1: { id: 'c1' } } },
          },
        },
      },
    })
    expect(() => chartOf(machine)).toThrow('forked.off: a transition to several states at once')
  })
})

describe('the document for other programs', () => {
  test('has the shape that its version promises, and survives JSON', () => {
    const document = documentOf(chartOf(connectionMachine))
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
    expect(Object.keys(document).toSorted()).toEqual(['description', 'name', 'root', 'version'])
    expect(document.version).toBe(1)
    expect(Object.keys(document.root).toSorted()).toEqual(
      'description entry exit id initial name states transitions type'.split(' '),
    )
    expect(Object.keys(document.root.transitions[0] ?? {}).toSorted()).toEqual(
      'actions description event guard kind target'.split(' '),
    )
    expect(document.root.states.map((state) => state.name)).toEqual(
      'connecting awaitingAck ready draining closed'.split(' '),
    )
  })
})
