/**
 * What a state does not hear, and why that is right. With the edges it makes every machine total: an event or a state
 * that is new fails test/proof/totality.test.ts until it is handled or stands here.
 */
import type { BrokerEvent } from '../../machines/broker.ts'
import type { ClientEvent } from '../../machines/client.ts'
import type { ConnectionEvent } from '../../machines/connection.ts'
import type { TaskMachineEvent } from '../../machines/task.ts'
import type { MachineName } from './sample-events.ts'

export interface Ignored<E extends string = string> {
  /** Dotted, as in `ready.flowing`. */
  readonly states: readonly string[]
  readonly events: readonly E[]
  readonly because: string
}

const connection: readonly Ignored<ConnectionEvent['type']>[] = [
  {
    states: ['connecting'],
    events: ['ack.flushed', 'ack.received'],
    because: 'the Ack is sent, or awaited, only in awaitingAck',
  },
  {
    states: ['connecting'],
    events: ['drain'],
    because: 'a server admits or refuses in the turn of acceptance; a client is not drained while it dials',
  },
  {
    states: ['connecting', 'awaitingAck'],
    events: ['lag.rose', 'lag.fell', 'retention.passed'],
    because: 'a link that is not in a lane has no lag and no place in the journal',
  },
  {
    states: ['connecting', 'awaitingAck'],
    events: ['peer.ended'],
    because: 'it is not read before it is ready: the end is told again when its last bytes have been read',
  },
  {
    states: ['connecting', 'awaitingAck', 'ready.flowing', 'ready.congested'],
    events: ['outbox.emptied'],
    because: 'an empty outbox ends only a connection that drains',
  },
  {
    states: ['awaitingAck', 'ready.flowing', 'ready.congested', 'draining'],
    events: ['admission.granted', 'admission.refused', 'link.opened'],
    because: 'it was admitted, or opened, once',
  },
  {
    states: ['ready.flowing', 'ready.congested', 'draining'],
    events: ['ack.flushed', 'ack.received'],
    because: 'the handshake is over: a second Ack says nothing new',
  },
  { states: ['ready.flowing'], events: ['lag.fell'], because: 'it has not risen' },
  { states: ['ready.congested'], events: ['lag.rose'], because: 'it has risen, and is told once' },
  {
    states: ['draining'],
    events: ['lag.rose', 'lag.fell', 'retention.passed'],
    because: 'it has left its lane: events are not for it any more',
  },
  { states: ['draining'], events: ['peer.ended', 'drain'], because: 'it drains already' },
  {
    states: ['closed'],
    events: [
      ...(['admission.granted', 'admission.refused', 'link.opened', 'ack.flushed', 'ack.received'] as const),
      ...(['lag.rose', 'lag.fell', 'peer.ended', 'outbox.emptied', 'framing.broken'] as const),
      ...(['retention.passed', 'drain', 'close', 'fault.raised', 'link.closed'] as const),
    ],
    because: 'final: nothing of the link is left',
  },
]

const broker: readonly Ignored<BrokerEvent['type']>[] = [
  {
    states: ['starting', 'serving'],
    events: ['tasks.settled'],
    because: 'only a broker that stops waits for its tasks',
  },
  {
    states: ['serving', 'draining.waiting', 'draining.cancelling', 'forcing'],
    events: ['listeners.bound'],
    because: 'they were bound once',
  },
  {
    states: ['draining.waiting', 'draining.cancelling', 'forcing'],
    events: ['drain'],
    because: 'it stops already, and its deadline stands',
  },
  { states: ['forcing'], events: ['force'], because: 'it forces already' },
  {
    states: ['stopped'],
    events: ['listeners.bound', 'drain', 'tasks.settled', 'force'],
    because: 'final: nothing is routed or journaled',
  },
]

const settled = ['settled.completed', 'settled.aborted', 'settled.failed', 'settled.resumable']
const runs = ['running.active', 'running.interactive', 'running.cancelling', 'running.closing']

const task: readonly Ignored<TaskMachineEvent['type']>[] = [
  {
    states: ['queued', ...settled],
    events: ['run.started', 'run.completed', 'run.failed', 'run.interrupted', 'kill'],
    because: 'there is no run that could say it or be ended',
  },
  {
    states: ['queued', 'starting', 'running.cancelling', 'running.closing', ...settled],
    events: ['ask.opened', 'asks.answered'],
    because: 'only a run that works asks; one that is being ended waits for no answer',
  },
  { states: ['queued', 'starting', ...runs], events: ['resume'], because: 'it has not settled' },
  { states: ['starting', ...runs, ...settled], events: ['slot.granted'], because: 'it had its slot' },
  { states: ['starting'], events: ['run.completed'], because: 'a run says first that it started' },
  {
    states: ['running.active', 'running.interactive'],
    events: ['run.started'],
    because: 'it is past its start',
  },
  { states: ['running.active'], events: ['asks.answered'], because: 'no ask is open' },
  {
    states: ['running.interactive'],
    events: ['ask.opened'],
    because: 'it waits already; asks are counted beside',
  },
  { states: settled, events: ['cancel'], because: 'what the client wanted is so' },
  {
    states: ['closed'],
    events: [
      ...(['slot.granted', 'run.started', 'run.completed', 'run.failed', 'run.interrupted'] as const),
      ...(['ask.opened', 'asks.answered', 'cancel', 'kill', 'close', 'resume'] as const),
    ],
    because: 'final: put away; a resume makes a new actor from its record',
  },
]

const client: readonly Ignored<ClientEvent['type']>[] = [
  {
    states: ['offline', 'backingOff'],
    events: ['connection.ready', 'connection.closed', 'session.opened', 'server.refused'],
    because: 'there is no link that could say it; a link that was hung up has no owner any more',
  },
  { states: ['offline'], events: ['backOff.elapsed'], because: 'leaving the back-off disarms it' },
  { states: ['offline'], events: ['abandon'], because: 'nothing is under way' },
  { states: ['connecting.dialling'], events: ['session.opened'], because: 'Hello is said after the Ack' },
  { states: ['connecting.greeting', 'ready'], events: ['connection.ready'], because: 'one Ack a link' },
  {
    states: ['connecting.dialling', 'connecting.greeting', 'ready'],
    events: ['connect'],
    because: 'it connects, or is connected',
  },
  {
    states: ['connecting.dialling', 'connecting.greeting', 'ready'],
    events: ['backOff.elapsed'],
    because: 'leaving the back-off disarms it',
  },
  { states: ['ready'], events: ['session.opened'], because: 'one Hello a link' },
  { states: ['ready'], events: ['server.refused'], because: 'what answered was what we speak to' },
  { states: ['ready'], events: ['abandon'], because: 'only an attempt is abandoned' },
  {
    states: ['closed'],
    events: [
      ...(['connect', 'connection.ready', 'connection.closed', 'session.opened'] as const),
      ...(['backOff.elapsed', 'server.refused', 'abandon', 'disconnect'] as const),
    ],
    because: 'final: it holds nothing any more',
  },
]

export const ignored: Readonly<Record<MachineName, readonly Ignored[]>> = { connection, broker, task, client }
