/** One event of every type of every machine: a type that is missing here does not compile. */
import { brokerMachine } from '../../machines/broker.ts'
import type { BrokerEvent } from '../../machines/broker.ts'
import { clientMachine } from '../../machines/client.ts'
import type { ClientEvent } from '../../machines/client.ts'
import { connectionMachine } from '../../machines/connection.ts'
import type { ConnectionEvent } from '../../machines/connection.ts'
import { taskMachine } from '../../machines/task.ts'
import type { TaskMachineEvent } from '../../machines/task.ts'

type Samples<E extends { type: string }> = { readonly [T in E['type']]: Extract<E, { type: T }> }

const connection: Samples<ConnectionEvent> = {
  'admission.granted': { type: 'admission.granted' },
  'admission.refused': { type: 'admission.refused' },
  'link.opened': { type: 'link.opened' },
  'ack.flushed': { type: 'ack.flushed' },
  'ack.received': { type: 'ack.received' },
  'lag.rose': { type: 'lag.rose' },
  'lag.fell': { type: 'lag.fell' },
  'peer.ended': { type: 'peer.ended' },
  'outbox.emptied': { type: 'outbox.emptied' },
  'framing.broken': { type: 'framing.broken' },
  'retention.passed': { type: 'retention.passed' },
  drain: { type: 'drain' },
  close: { type: 'close' },
  'fault.raised': { type: 'fault.raised' },
  'link.closed': { type: 'link.closed' },
}

const broker: Samples<BrokerEvent> = {
  'listeners.bound': { type: 'listeners.bound' },
  drain: { type: 'drain', deadlineMs: 1_000 },
  'tasks.settled': { type: 'tasks.settled' },
  force: { type: 'force' },
}

const task: Samples<TaskMachineEvent> = {
  'slot.granted': { type: 'slot.granted' },
  'run.started': { type: 'run.started' },
  'run.completed': { type: 'run.completed', outcome: 'done', exit: { code: 0 } },
  'run.failed': { type: 'run.failed', outcome: 'broken', exit: { code: 1 } },
  'run.interrupted': { type: 'run.interrupted', outcome: 'lost' },
  'ask.opened': { type: 'ask.opened' },
  'asks.answered': { type: 'asks.answered' },
  cancel: { type: 'cancel' },
  kill: { type: 'kill' },
  close: { type: 'close' },
  resume: { type: 'resume' },
}

const client: Samples<ClientEvent> = {
  connect: { type: 'connect' },
  'connection.ready': { type: 'connection.ready' },
  'connection.closed': { type: 'connection.closed' },
  'session.opened': { type: 'session.opened' },
  'backOff.elapsed': { type: 'backOff.elapsed' },
  'server.refused': { type: 'server.refused' },
  abandon: { type: 'abandon' },
  disconnect: { type: 'disconnect' },
}

export const connectionInput = { id: 'c', ackTimeoutMs: 100, drainTimeoutMs: 50 }
export const brokerInput = { cancelGraceMs: 100, reapDeadlineMs: 100 }
export const taskInput = { id: 't' }
/** Two attempts: one that leaves another, and a last one. */
export const clientInput = { id: 'c', firstBackOffMs: 1, lastBackOffMs: 8, attemptsMax: 2 }

export const samples = { connection, broker, task, client }

/** Every machine with what starts it and one event of each of its types. */
export const machines = {
  connection: { machine: connectionMachine, input: connectionInput, events: Object.values(connection) },
  broker: { machine: brokerMachine, input: brokerInput, events: Object.values(broker) },
  task: { machine: taskMachine, input: taskInput, events: Object.values(task) },
  client: { machine: clientMachine, input: clientInput, events: Object.values(client) },
} as const

export type MachineName = keyof typeof machines
