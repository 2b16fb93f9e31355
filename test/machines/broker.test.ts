import { createActor, SimulatedClock } from 'xstate'
import { expect, test } from 'vitest'
import { brokerMachine } from '../../machines/broker.ts'
import type { BrokerEvent } from '../../machines/broker.ts'
import { reachable, stateIds, stepper, undescribed } from './walk.ts'

const input = { cancelGraceMs: 100, reapDeadlineMs: 100 }
const event = {
  bound: { type: 'listeners.bound' },
  drain: { type: 'drain', deadlineMs: 1_000 },
  settled: { type: 'tasks.settled' },
  force: { type: 'force' },
} as const satisfies Record<string, BrokerEvent>

const { after, step } = stepper(brokerMachine, input)

/** A running broker whose actions and time the test sees. */
function timed() {
  const clock = new SimulatedClock()
  const did: string[] = []
  const note = (name: string) => () => void did.push(name)
  const actions = {
    announceDrain: note('announceDrain'),
    cancelTasks: note('cancelTasks'),
    killTasks: note('killTasks'),
    drainConnections: note('drainConnections'),
  }
  const actor = createActor(brokerMachine.provide({ actions }), { input, clock }).start()
  return { clock, did, actor, value: (): unknown => actor.getSnapshot().value }
}

test('every state is reached by events or by time', () => {
  const ids = reachable(brokerMachine, input, [
    ...Object.values(event),
    ...delayed.map((type) => ({ type }) as unknown as BrokerEvent),
  ])
  expect(stateIds(brokerMachine).filter((id) => !ids.has(id))).toEqual([])
})

const delayed = [
  'xstate.after.drainDeadline.broker.draining.waiting',
  'xstate.after.cancelDeadline.broker.draining.cancelling',
  'xstate.after.cancelDeadline.broker.forcing',
]

test('every state and transition says what it is', () => {
  expect(stateIds(brokerMachine)).toHaveLength(8)
  expect(undescribed(brokerMachine)).toEqual([])
})

test('it serves, drains, and is done when its tasks are', () => {
  const { lines, snapshot } = after(event.bound, event.drain, event.settled)
  expect(lines).toEqual(['listeners.bound:', 'drain: announceDrain', 'tasks.settled: drainConnections'])
  expect([snapshot.value, snapshot.status]).toEqual(['stopped', 'done'])
})

test.each([
  ['before it serves, for recovery', [], ['journaling']],
  ['while it serves', [event.bound], ['journaling', 'routing']],
  ['while it drains', [event.bound, event.drain], ['journaling', 'routing']],
  ['while it forces, for last events', [event.bound, event.force], ['journaling']],
  ['asked a second time', [event.bound, event.drain, event.force], ['journaling']],
  ['no more when it has stopped', [event.bound, event.drain, event.settled], []],
])('%s its gate is so far open', (_, events, open) => {
  expect([...after(...events).snapshot.tags].toSorted()).toEqual(open)
})

test('stopped before it served, it is done', () => {
  for (const stop of [event.drain, event.force]) expect(after(stop).state).toBe('stopped')
})

test('a drain waits for its deadline, cancels, and forces when that should have ended them', () => {
  const { clock, did, actor, value } = timed()
  actor.send(event.bound)
  actor.send(event.drain)
  clock.increment(999)
  expect([value(), did]).toEqual([{ draining: 'waiting' }, ['announceDrain']])
  clock.increment(1)
  expect(value()).toEqual({ draining: 'cancelling' })
  clock.increment(199)
  expect(did).toEqual(['announceDrain', 'cancelTasks'])
  clock.increment(1)
  expect([value(), did.at(-1)]).toEqual(['forcing', 'killTasks'])
  clock.increment(200)
  expect([value(), did.at(-1)]).toEqual(['stopped', 'drainConnections'])
})

test('a drain ends as soon as every task has settled', () => {
  const { clock, did, actor, value } = timed()
  actor.send(event.bound)
  actor.send(event.drain)
  actor.send(event.settled)
  clock.increment(10_000)
  expect([value(), did]).toEqual(['stopped', ['announceDrain', 'drainConnections']])
})

test('asked a second time it forces', () => {
  const { lines, state } = after(event.bound, event.drain, event.force)
  expect([lines.slice(2), state]).toEqual([['force: killTasks'], 'forcing'])
})

test('a second drain does not move the deadline', () => {
  const { snapshot } = after(event.bound, event.drain)
  const [next, actions] = step(snapshot, { type: 'drain', deadlineMs: 5 })
  expect([next.context.drainDeadlineMs, actions]).toEqual([1_000, []])
})

test('an event out of its place changes nothing and does nothing', () => {
  const unknown = { type: 'nobody.knows' } as unknown as BrokerEvent
  const outOfPlace: [BrokerEvent[], BrokerEvent[]][] = [
    [[], [event.settled, unknown]],
    [[event.bound], [event.bound, event.settled, unknown]],
    [
      [event.bound, event.force],
      [event.bound, event.drain, event.force, unknown],
    ],
  ]
  for (const [way, events] of outOfPlace) {
    const { snapshot } = after(...way)
    for (const one of events) {
      const [next, actions] = step(snapshot, one)
      expect([next.value, next.context, actions]).toEqual([snapshot.value, snapshot.context, []])
    }
  }
})
