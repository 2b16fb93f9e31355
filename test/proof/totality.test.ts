import { expect, test } from 'vitest'
import { atomicStates } from './edges.ts'
import { ignored } from './ignored.ts'
import { machines } from './sample-events.ts'
import type { MachineName } from './sample-events.ts'
import { totalityGaps } from './totality.ts'

const names = Object.keys(machines) as MachineName[]

test.each(names)('every state of %s handles every event, or says why it does not', (name) => {
  const { machine, input, events } = machines[name]
  expect(totalityGaps(machine, input, events, ignored[name])).toEqual([])
  expect(ignored[name].every(({ because }) => because.length > 10)).toBe(true)
})

test.each(names)('every event that %s names has a sample, and each sample is named', (name) => {
  const { machine, events } = machines[name]
  const named = machine.events.filter((type) => !type.startsWith('xstate.'))
  expect(events.map(({ type }) => type).toSorted()).toEqual([...named].toSorted())
})

test('a state or an event that nobody listed is a gap', () => {
  const { machine, input, events } = machines.broker
  expect(totalityGaps(machine, input, [...events, { type: 'news' }], ignored.broker)).toEqual(
    atomicStates(machine).map((state) => `${state} news is neither handled nor listed`),
  )
  const known = ignored.broker.filter(({ because }) => !because.startsWith('final'))
  expect(totalityGaps(machine, input, events, known)).toContain('stopped force is neither handled nor listed')
})
