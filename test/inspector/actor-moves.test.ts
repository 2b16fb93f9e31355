/** Machines that a program reports, a few at a time. */
import { createActor, createMachine } from 'xstate'
import { expect, test } from 'vitest'
import { ActorMoves } from '../../src/inspector/actor-moves.ts'
import { chartOf } from '../../src/inspector/chart.ts'
import { limits } from '../../src/limits.ts'

// bound: reportedMachinesMax
test.each([
  [limits.reportedMachinesMax, [limits.reportedMachinesMax]],
  [limits.reportedMachinesMax + 1, [limits.reportedMachinesMax, 1]],
])('%i machines are told in reports of %j', (count, expected) => {
  const moves = new ActorMoves(chartOf)
  for (let index = 0; index < count; index++) {
    const machine = createMachine({ id: `m${index}`, initial: 'a', states: { a: {} } })
    createActor(machine, { inspect: (inspection) => moves.take(inspection, 1) }).start()
  }
  const told: number[] = []
  for (let report = moves.report(); report.machines !== undefined; report = moves.report()) {
    told.push(report.machines.length)
    report.told()
  }
  expect(told).toEqual(expected)
})
