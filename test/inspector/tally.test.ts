import { createActor, createMachine } from 'xstate'
import { describe, expect, test } from 'vitest'
import { clientMachine } from '../../machines/client.ts'
import { connectionMachine } from '../../machines/connection.ts'
import { Tally } from '../../src/inspector/tally.ts'
import type { MachineTally, Passage } from '../../src/inspector/tally.ts'

const input = { id: 'a', ackTimeoutMs: 1, drainTimeoutMs: 1 }
const clock = { setTimeout: () => 0, clearTimeout: () => undefined }

function counted() {
  const tally = new Tally()
  const machine = connectionMachine.provide({})
  tally.count(machine)
  const [counts] = tally.machines
  if (counts === undefined) throw new Error('nothing is counted')
  const begin = (id: string) => {
    const actor = createActor(machine, { clock, input: { id, ackTimeoutMs: 1, drainTimeoutMs: 1 } })
    actor.subscribe({ error: () => undefined })
    return actor.start()
  }
  return { tally, counts, begin, machine }
}

const populations = (counts: MachineTally) =>
  Object.fromEntries(
    counts
      .populations()
      .map((population, index) => [counts.leaves[index]?.id, population] as const)
      .filter(([, population]) => population !== 0),
  )
const taken = (counts: MachineTally) =>
  counts
    .counts()
    .map((count, index) => [counts.edges[index]?.source.id, counts.edges[index]?.transition.event, count])
    .filter(([, , count]) => count !== 0)

describe('counting', () => {
  test('knows who stands in each state and how often each edge was taken', () => {
    const { counts, begin } = counted()
    const [first, second] = [begin('a'), begin('b')]
    expect(populations(counts)).toEqual({ 'connection.connecting': 2 })
    first.send({ type: 'admission.granted' })
    first.send({ type: 'ack.flushed' })
    first.send({ type: 'lag.rose' })
    first.send({ type: 'lag.fell' })
    first.send({ type: 'lag.rose' })
    second.send({ type: 'close' })
    expect(populations(counts)).toEqual({ 'connection.ready.congested': 1, 'connection.closed': 1 })
    expect(taken(counts)).toEqual([
      ['connection', 'close', 1],
      ['connection.connecting', 'admission.granted', 1],
      ['connection.awaitingAck', 'ack.flushed', 1],
      ['connection.ready.flowing', 'lag.rose', 2],
      ['connection.ready.congested', 'lag.fell', 1],
    ])
    expect([...counts.living().keys()]).toEqual(['a'])
  })

  test('takes the innermost transition, as the machine does', () => {
    const { counts, begin } = counted()
    begin('a').send({ type: 'link.closed' })
    expect(taken(counts)).toEqual([['connection.connecting', 'link.closed', 1]])
  })

  test('counts an event that is not expected as refused, and moves nobody', () => {
    const { counts, begin } = counted()
    begin('a').send({ type: 'lag.rose' })
    expect(counts.refused).toBe(1)
    expect(populations(counts)).toEqual({ 'connection.connecting': 1 })
  })

  test('an actor that is stopped or fails stands nowhere any more', () => {
    const tally = new Tally()
    const machine = connectionMachine.provide({
      actions: {
        beginHandshake: () => {
          throw new Error('broken')
        },
      },
    })
    tally.count(machine)
    const [counts] = tally.machines
    const options = { clock, input: { id: 'a', ackTimeoutMs: 1, drainTimeoutMs: 1 } }
    const failing = createActor(machine, options)
    failing.subscribe({ error: () => undefined })
    failing.start().send({ type: 'admission.granted' })
    createActor(machine, { ...options, input: { ...options.input, id: 'b' } })
      .start()
      .stop()
    expect(counts?.populations().every((population) => population === 0)).toBe(true)
    expect(counts?.living().size).toBe(0)
    expect(counts?.refused).toBe(0)
  })

  test('an actor that began again under its id is not forgotten when the earlier one is stopped', () => {
    const { counts, begin } = counted()
    const earlier = begin('a')
    const later = begin('a')
    earlier.stop()
    expect(counts.actor('a')).toBe(later)
    expect(populations(counts)).toEqual({ 'connection.connecting': 1 })
  })

  test('those that were stopped are let go of as others begin', () => {
    const { counts, begin } = counted()
    for (let index = 0; index < 1_000; index++) begin(`${index}`).stop()
    begin('last')
    expect(counts.stateOf('0')).toBeUndefined()
    expect([...counts.living().keys()]).toEqual(['last'])
  })

  test('a machine that the table has no place for is refused', () => {
    const machine = createMachine({ id: 'p', type: 'parallel', states: { a: {}, b: {} } })
    expect(() => new Tally().count(machine)).toThrow('not counted')
  })

  test('an actor that is taken up again stands where it was left', () => {
    const { counts, begin, machine } = counted()
    const left = begin('a')
    left.send({ type: 'admission.granted' })
    const snapshot = left.getPersistedSnapshot()
    left.stop()
    createActor(machine, { clock, snapshot, input }).start().send({ type: 'ack.flushed' })
    expect(populations(counts)).toEqual({ 'connection.ready.flowing': 1 })
    expect(counts.stateOf('a')).toBe('connection.ready.flowing')
  })

  test('of two transitions with one event it is the one whose guard held', () => {
    const tally = new Tally()
    const machine = clientMachine.provide({})
    tally.count(machine)
    const input = { id: 'c', firstBackOffMs: 1, lastBackOffMs: 1, attemptsMax: 2 }
    const actor = createActor(machine, { clock, input }).start()
    for (const type of ['connect', 'connection.closed', 'connect', 'connection.closed'] as const)
      actor.send({ type })
    const taken = tally.machines[0]?.counts()
    const closed = tally.machines[0]?.edges.filter(
      ({ transition }) => transition.event === 'connection.closed',
    )
    expect(closed?.map(({ transition, index }) => [transition.guard, taken?.[index]])).toEqual([
      ['attemptsLeft', 1],
      [null, 1],
      [null, 0],
    ])
  })

  test('a recorder is told each transition with its place in the order, until it is taken off', () => {
    const { tally, begin } = counted()
    const told: [number, string, Passage][] = []
    let places = 0
    tally.record({ begin: () => ++places, end: (place, passage, id) => told.push([place, id, passage]) })
    const actor = begin('a')
    actor.send({ type: 'admission.granted' })
    tally.record(undefined)
    actor.send({ type: 'ack.flushed' })
    expect(told.map(([place, id, { event, from, to }]) => [place, id, event, from, to])).toEqual([
      [1, 'a', 'xstate.init', undefined, 'connection.connecting'],
      [2, 'a', 'admission.granted', 'connection.connecting', 'connection.awaitingAck'],
    ])
  })

  test('a machine that lives elsewhere is known and counts nothing', () => {
    const tally = new Tally()
    tally.know(clientMachine)
    expect(tally.machines.map(({ name }) => name)).toEqual(['client'])
  })
})
