import { describe, expect, test } from 'vitest'
import { edgesOf } from './edges.ts'
import { machines } from './sample-events.ts'
import type { MachineName } from './sample-events.ts'
import { departure } from './walking.ts'
import { walks } from './walks.ts'

const names = Object.keys(machines) as MachineName[]

describe.each(names)('%s', (name) => {
  const { machine, input, events } = machines[name]

  test.each(walks[name])('$title', (walk) => {
    expect(departure(machine, input, events, walk)).toBeUndefined()
  })

  test('its walks take every edge', () => {
    const taken = new Set<string>()
    for (const walk of walks[name]) departure(machine, input, events, walk, taken)
    expect([...taken].toSorted()).toEqual(edgesOf(machine))
  })
})
