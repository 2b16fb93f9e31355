import { expect, test } from 'vitest'
import { atomicStates, edgesOf } from './edges.ts'
import { ledger } from './ledger.ts'
import { machines } from './sample-events.ts'
import type { MachineName } from './sample-events.ts'
import { tours } from './tours.ts'
import type { TourOptions } from './tours.ts'

const names = Object.keys(machines) as MachineName[]

test.each(names)(
  'every edge of %s stands in the ledger with where it is proved, and nothing else',
  (name) => {
    expect(Object.keys(ledger[name]).toSorted()).toEqual(edgesOf(machines[name].machine))
    for (const proof of Object.values(ledger[name])) expect(proof.length).toBeGreaterThan(0)
  },
)

test.each(names)('tours reach every state of %s and take every edge', (name) => {
  const { machine, input, events } = machines[name]
  const remembers: TourOptions['remembers'] = (context: object) =>
    'failures' in context ? String(context.failures) : ''
  const steps = tours(machine, input, { events, delays: true, remembers }).flatMap((tour) => tour.steps)
  const reached = new Set(steps.flatMap(({ before, after }) => [before, after]))
  expect([...reached].toSorted()).toEqual(atomicStates(machine).toSorted())
  const taken = new Set(steps.flatMap(({ edges }) => edges))
  expect([...taken].toSorted()).toEqual(edgesOf(machine))
})
