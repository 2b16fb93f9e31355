import { createActor, SimulatedClock } from 'xstate'
import { expect, test } from 'vitest'
import { connectionMachine } from '../../machines/connection.ts'
import type { ConnectionEvent } from '../../machines/connection.ts'
import { reachable, stateIds, stepper, undescribed } from './walk.ts'

const input = { id: 'c', ackTimeoutMs: 100, drainTimeoutMs: 50 }
const { after: afterEvents, step } = stepper(connectionMachine, input)
const types = [
  'admission.granted',
  'admission.refused',
  'link.opened',
  'ack.flushed',
  'ack.received',
  'lag.rose',
  'lag.fell',
  'peer.ended',
  'outbox.emptied',
  'framing.broken',
  'retention.passed',
  'drain',
  'close',
  'fault.raised',
  'link.closed',
] as const satisfies ConnectionEvent['type'][]

const after = (...events: ConnectionEvent['type'][]) => afterEvents(...events.map((type) => ({ type })))
const server = ['admission.granted', 'ack.flushed'] as const

test('every state is reached', () => {
  const ids = reachable(
    connectionMachine,
    input,
    types.map((type) => ({ type })),
  )
  expect(stateIds(connectionMachine).filter((id) => !ids.has(id))).toEqual([])
})

test('every state and transition says what it is', () => {
  expect(stateIds(connectionMachine)).toHaveLength(8)
  expect(undescribed(connectionMachine)).toEqual([])
})

test('a served link: admitted, greeted, behind and not, drained', () => {
  const { lines, snapshot } = after(...server, 'lag.rose', 'lag.fell', 'peer.ended', 'outbox.emptied')
  expect(lines).toEqual([
    'admission.granted: beginHandshake',
    'ack.flushed: attach',
    'lag.rose:',
    'lag.fell:',
    'peer.ended: detach beginDrain',
    'outbox.emptied: endLink',
  ])
  expect([snapshot.value, snapshot.status, snapshot.context.reason]).toEqual(['closed', 'done', 'drained'])
})

test('a dialled link: opened, greeted, closed by its owner', () => {
  const { lines, snapshot } = after('link.opened', 'ack.received', 'close')
  expect(lines).toEqual(['link.opened: beginHandshake', 'ack.received: attach', 'close: detach endLink'])
  expect(snapshot.context.reason).toBe('local')
})

test.each([
  [['admission.refused'], 'refused', 'destroyLink'],
  [['link.closed'], 'unreachable', undefined],
  [['admission.granted', 'link.closed'], 'peer', undefined],
  [['admission.granted', 'drain'], 'drained', 'endLink'],
  [[...server, 'link.closed'], 'peer', undefined],
  [[...server, 'framing.broken'], 'framing', 'destroyLink'],
  [[...server, 'retention.passed'], 'retention', 'destroyLink'],
  [[...server, 'fault.raised'], 'fault', 'destroyLink'],
  [[...server, 'drain', 'framing.broken'], 'framing', 'destroyLink'],
  [[...server, 'drain', 'link.closed'], 'peer', undefined],
] as [ConnectionEvent['type'][], string, string | undefined][])(
  'after %j it is closed because of %s',
  (events, reason, last) => {
    const { snapshot, lines } = after(...events)
    expect([snapshot.value, snapshot.context.reason]).toEqual(['closed', reason])
    expect(lines.at(-1)?.match(/(?:destroy|end)Link$/)?.[0]).toBe(last)
  },
)

test('whatever ends a ready link takes it out of its lane, once', () => {
  for (const type of types) {
    const { snapshot } = after(...server, 'lag.rose')
    const [next, actions] = step(snapshot, { type })
    const left = !next.matches('ready')
    expect(actions.filter((action) => action === 'detach')).toHaveLength(left ? 1 : 0)
    expect(actions).not.toContain('attach')
  }
})

// bound: ackTimeoutMs, linkDrainMs
test('deadlines: admission and Ack within one time, the drain within another', () => {
  for (const [way, timeout, reason] of [
    [[], 100, 'ack_timeout'],
    [['admission.granted'], 100, 'ack_timeout'],
    [[...server, 'drain'], 50, 'drained'],
  ] as [ConnectionEvent['type'][], number, string][]) {
    const clock = new SimulatedClock()
    const actor = createActor(connectionMachine, { input, clock }).start()
    for (const type of way) actor.send({ type })
    clock.increment(timeout - 1)
    expect(actor.getSnapshot().value).not.toBe('closed')
    clock.increment(1)
    expect(actor.getSnapshot()).toMatchObject({ value: 'closed', context: { reason } })
  }
})

test('a ready link has no deadline', () => {
  const clock = new SimulatedClock()
  const actor = createActor(connectionMachine, { input, clock }).start()
  for (const type of server) actor.send({ type })
  clock.increment(1_000_000)
  expect(actor.getSnapshot().value).toEqual({ ready: 'flowing' })
})

test('an event out of its place changes nothing and does nothing', () => {
  const outOfPlace: [ConnectionEvent['type'][], ConnectionEvent['type'][]][] = [
    [[], ['ack.flushed', 'ack.received', 'lag.rose', 'peer.ended', 'outbox.emptied', 'retention.passed']],
    [['admission.granted'], ['admission.granted', 'lag.fell', 'outbox.emptied', 'retention.passed']],
    [[...server], ['admission.granted', 'ack.flushed', 'link.opened', 'lag.fell', 'outbox.emptied']],
    [
      [...server, 'drain'],
      ['lag.rose', 'retention.passed', 'peer.ended', 'drain', 'ack.flushed'],
    ],
  ]
  for (const [way, events] of outOfPlace) {
    const { snapshot } = after(...way)
    const unknown = { type: 'nobody.knows' } as unknown as ConnectionEvent
    for (const event of [...events.map((type) => ({ type })), unknown]) {
      const [next, actions] = step(snapshot, event)
      expect([next.value, next.context, actions]).toEqual([snapshot.value, snapshot.context, []])
    }
  }
})
