import { expect, test } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { edgesOf } from './edges.ts'
import { ignored } from './ignored.ts'
import { withoutAnAction, withoutATransition } from './mutants.ts'
import { machines } from './sample-events.ts'
import type { MachineName } from './sample-events.ts'
import { totalityGaps } from './totality.ts'
import { departure } from './walking.ts'
import { walks } from './walks.ts'

const names = Object.keys(machines) as MachineName[]

/** How many places of each machine have an action: none of them is passed over. */
const actions: Readonly<Record<MachineName, number>> = { connection: 26, broker: 5, task: 40, client: 13 }

function failedWalks(name: MachineName, machine: AnyStateMachine): number {
  const { input, events } = machines[name]
  return walks[name].filter((walk) => departure(machine, input, events, walk) !== undefined).length
}

test.each(names)('%s as it is passes every check', (name) => {
  const { machine, input, events } = machines[name]
  expect(failedWalks(name, machine)).toBe(0)
  expect(totalityGaps(machine, input, events, ignored[name])).toEqual([])
})

test.each(names)('%s without any one of its transitions leaves a hand-written walk', (name) => {
  const { machine } = machines[name]
  const mutants = withoutATransition(machine)
  expect(mutants).toHaveLength(edgesOf(machine).length)
  const edges = mutants.map((mutant) => edgesOf(mutant.machine).length)
  expect(new Set(edges)).toEqual(new Set([edgesOf(machine).length - 1]))
  const survivors = mutants.filter((mutant) => failedWalks(name, mutant.machine) === 0)
  expect(survivors.map(({ lost }) => lost)).toEqual([])
})

test.each(names)('%s without any one of its actions leaves a hand-written walk', (name) => {
  const { machine } = machines[name]
  const mutants = withoutAnAction(machine)
  expect(mutants).toHaveLength(actions[name])
  const survivors = mutants.filter((mutant) => failedWalks(name, mutant.machine) === 0)
  expect(survivors.map(({ lost }) => lost)).toEqual([])
})
