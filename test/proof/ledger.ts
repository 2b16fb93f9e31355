/**
 * Where each edge of each machine is proved besides its hand-written walk. `socket`: caused by a peer of a real daemon.
 * `memory`: by actors over memory links with a simulated clock, seen by an inspector. Each proof's test file demands
 * that it walked exactly the edges listed for it; ledger.test.ts that no edge and no state is missing here.
 */
import { expect } from 'vitest'
import type { MachineName } from './sample-events.ts'

/** A sentence instead of places: why nothing but the walk can take it yet. */
export type Proof = readonly ('socket' | 'memory')[] | string

const both = ['socket', 'memory'] as const
const memory = ['memory'] as const

const task: Readonly<Record<string, Proof>> = {
  'task.queued slot.granted': both,
  'task.queued cancel': both,
  'task.queued close': both,
  'task.starting run.started': both,
  'task.starting run.failed': both,
  // A start of the daemon says it of what an earlier one left.
  'task.starting run.interrupted': memory,
  'task.starting cancel': both,
  'task.starting close': both,
  'task.starting kill': memory,
  'task.running run.completed': both,
  'task.running run.failed': both,
  'task.running run.interrupted': memory,
  'task.running cancel': both,
  'task.running close': both,
  'task.running kill': memory,
  'task.running.active ask.opened': both,
  'task.running.interactive asks.answered': both,
  'task.running.cancelling run.started': both,
  'task.running.cancelling run.completed': both,
  'task.running.cancelling run.failed': both,
  'task.running.cancelling run.interrupted': memory,
  'task.running.cancelling cancel': both,
  'task.running.closing run.started': both,
  'task.running.closing run.completed': both,
  'task.running.closing run.failed': both,
  'task.running.closing run.interrupted': memory,
  'task.running.closing cancel': both,
  'task.running.closing close': both,
  'task.settled resume': both,
  'task.settled close': both,
}

const broker: Readonly<Record<string, Proof>> = {
  'broker.starting listeners.bound': both,
  'broker.starting drain': memory,
  'broker.starting force': memory,
  'broker.serving drain': both,
  'broker.serving force': memory,
  'broker.draining tasks.settled': both,
  'broker.draining force': memory,
  'broker.draining.waiting after drainDeadline': memory,
  'broker.draining.cancelling after cancelDeadline': memory,
  'broker.forcing tasks.settled': memory,
  'broker.forcing after cancelDeadline': memory,
}

/** Its user and its server cause the events. In memory its actor has effects that are noted. */
const client: Readonly<Record<string, Proof>> = {
  'client disconnect': both,
  'client.offline connect': both,
  'client.connecting connection.closed [attemptsLeft]': both,
  'client.connecting connection.closed [else]': both,
  'client.connecting server.refused': both,
  'client.connecting abandon': both,
  'client.connecting.dialling connection.ready': both,
  'client.connecting.greeting session.opened': both,
  'client.ready connection.closed': both,
  'client.backingOff backOff.elapsed': both,
  'client.backingOff connect': both,
  'client.backingOff abandon': both,
}

const connection: Readonly<Record<string, Proof>> = {
  'connection close': both,
  'connection link.closed': both,
  'connection framing.broken': both,
  'connection fault.raised': memory,
  'connection.connecting admission.granted': both,
  'connection.connecting admission.refused': both,
  'connection.connecting link.opened': memory,
  'connection.connecting link.closed': memory,
  'connection.connecting after ackTimeout': memory,
  'connection.awaitingAck ack.flushed': both,
  'connection.awaitingAck ack.received': memory,
  'connection.awaitingAck drain': memory,
  'connection.awaitingAck after ackTimeout': memory,
  'connection.ready peer.ended': both,
  'connection.ready drain': both,
  'connection.ready retention.passed': both,
  'connection.ready.flowing lag.rose': both,
  'connection.ready.congested lag.fell': both,
  'connection.draining outbox.emptied': both,
  'connection.draining after drainTimeout': memory,
}

export const ledger: Readonly<Record<MachineName, Readonly<Record<string, Proof>>>> = {
  connection,
  broker,
  task,
  client,
}

/** Demands that a proof walked the edges which the ledger lists for it: no fewer, and none that it forgets. */
export function expectAsInLedger(
  name: MachineName,
  place: 'socket' | 'memory',
  walked: Iterable<string>,
): void {
  const listed = Object.entries(ledger[name]).filter(
    ([, proof]) => typeof proof !== 'string' && proof.includes(place),
  )
  expect([...new Set(walked)].toSorted()).toEqual(listed.map(([edge]) => edge).toSorted())
}
