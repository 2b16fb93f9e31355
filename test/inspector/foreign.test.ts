import { describe, expect, test } from 'vitest'
import { sampleMachine } from '../cli/drawing/sample-machine.ts'
import { chartOf, statesFrom } from '../../src/inspector/chart.ts'
import { ForeignMachines, ForeignWatch } from '../../src/inspector/foreign.ts'
import { Ring } from '../../src/inspector/happenings.ts'

const chart = chartOf(sampleMachine)
const states = statesFrom(chart.root)
const [one, other] = states.filter((state) => state.type === 'atomic').map(({ id }) => id)
const bounds = { namespacesMax: 2, machinesMax: 2, actorsMax: 2 }
const machines = [{ name: 'm', chart: JSON.stringify(chart) }]
const move = (actor: string, from: string | undefined, to: string | undefined) => ({
  machine: 'm',
  actor,
  at: 1,
  event: 'e',
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
})

function standing(foreign: ForeignMachines, key = 'p/m') {
  const found = foreign.get(key)
  const leaves = states.filter(({ states: inner }) => inner.length === 0)
  return found?.counts.leaves.flatMap((count, place) => (count > 0 ? [[leaves[place]?.id, count]] : []))
}

describe('machines of other programs', () => {
  test('stand where they were last seen, and their moves go to the ring', () => {
    const [foreign, ring] = [new ForeignMachines(bounds), new Ring(10)]
    expect(foreign.take({ namespace: 'p', machines, moves: [move('a', undefined, one)] }, ring)).toBe(true)
    foreign.take({ namespace: 'p', moves: [move('b', undefined, one), move('a', one, other)] }, ring)
    expect(standing(foreign)).toEqual(
      expect.arrayContaining([
        [one, 1],
        [other, 1],
      ]),
    )
    foreign.take({ namespace: 'p', moves: [move('a', other, undefined)] }, ring)
    expect(standing(foreign)).toEqual([[one, 1]])
    expect(ring.since(0).map((happening) => happening.kind === 'move' && happening.machine)).toEqual(
      Array.from({ length: 4 }, () => 'p/m'),
    )
  })

  // bound: actorsMax
  test('past their bound the actor not heard of for longest is forgotten', () => {
    const [foreign, ring] = [new ForeignMachines(bounds), new Ring(10)]
    const moves = ['a', 'b'].map((actor) => move(actor, undefined, one))
    foreign.take({ namespace: 'p', machines, moves }, ring)
    expect(standing(foreign)).toEqual([[one, 2]])
    foreign.take({ namespace: 'p', moves: [move('c', undefined, one)] }, ring)
    expect(foreign.get('p/m')?.actors.keys().toArray()).toEqual(['b', 'c'])
    expect(standing(foreign)).toEqual([[one, 2]])
  })

  // bound: machinesMax, namespacesMax
  test('past their bounds machines are left out, and the program not heard of for longest is forgotten', () => {
    const [foreign, ring] = [new ForeignMachines(bounds), new Ring(10)]
    const many = ['m', 'n', 'o'].map((name) => ({ name, chart: JSON.stringify(chart) }))
    for (const namespace of ['p', 'q']) foreign.take({ namespace, machines: many }, ring)
    expect(foreign.all().map(({ key }) => key)).toEqual(['p/m', 'p/n', 'q/m', 'q/n'])
    foreign.take({ namespace: 'p' }, ring)
    foreign.take({ namespace: 'r', machines }, ring)
    expect(foreign.all().map(({ key }) => key)).toEqual(['p/m', 'p/n', 'r/m'])
  })

  test('what is no chart, and moves of machines that are not known, are left out', () => {
    const [foreign, ring] = [new ForeignMachines(bounds), new Ring(10)]
    for (const broken of ['', '{', '{}', '[]', '{"root":{"type":"atomic"}}x', '{"root":{"type":"odd"}}'])
      foreign.take(
        { namespace: 'p', machines: [{ name: 'm', chart: broken }], moves: [move('a', undefined, one)] },
        ring,
      )
    expect(foreign.all()).toEqual([])
    expect(ring.last).toBe(0)
  })

  test('one of them is told anew only when it was seen otherwise', () => {
    const [foreign, ring] = [new ForeignMachines(bounds), new Ring(10)]
    foreign.take({ namespace: 'p', machines, moves: [move('a', undefined, one)] }, ring)
    const machine = foreign.get('p/m')
    if (machine === undefined) throw new Error('no machine')
    using watch = new ForeignWatch(machine, 'a')
    expect(watch.news()).toMatchObject({ alive: true, states: [one] })
    expect(watch.news()).toBeUndefined()
    foreign.take({ namespace: 'p', moves: [move('a', one, undefined)] }, ring)
    expect(watch.news()).toMatchObject({ alive: false, states: [], next: [] })
  })
})
