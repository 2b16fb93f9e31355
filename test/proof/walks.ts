/**
 * Walks of the machines written by hand from the protocol and the architecture, so that no machine grades itself. A
 * line is `event > state : actions`, or `event : actions` where the state stays; `event .` is not heard at all.
 */
import type { MachineName } from './sample-events.ts'

export interface Walk {
  readonly title: string
  readonly lines: readonly string[]
  /** Of the context at the end. */
  readonly context?: Readonly<Record<string, unknown>>
}

const served = ['admission.granted > awaitingAck : beginHandshake', 'ack.flushed > ready.flowing : attach']
const drained = [...served, 'drain > draining : detach beginDrain']

const connection: readonly Walk[] = [
  {
    title: 'a served link falls behind, catches up, ends',
    lines: [
      ...served,
      'lag.rose > ready.congested',
      'lag.rose .',
      'lag.fell > ready.flowing',
      'lag.fell .',
      'peer.ended > draining : detach beginDrain',
      'outbox.emptied > closed : endLink',
    ],
    context: { reason: 'drained' },
  },
  {
    title: 'a dialled link is opened, acknowledged, closed by its owner',
    lines: [
      'link.opened > awaitingAck : beginHandshake',
      'ack.received > ready.flowing : attach',
      'close > closed : detach endLink',
    ],
    context: { reason: 'local' },
  },
  {
    title: 'a link over the limit is closed before its Ack',
    lines: ['admission.refused > closed : destroyLink'],
    context: { reason: 'refused' },
  },
  { title: 'nobody listens', lines: ['link.closed > closed'], context: { reason: 'unreachable' } },
  {
    title: 'nobody answers',
    lines: ['after ackTimeout > closed : destroyLink'],
    context: { reason: 'ack_timeout' },
  },
  {
    title: 'the Ack does not leave',
    lines: ['admission.granted > awaitingAck : beginHandshake', 'after ackTimeout > closed : destroyLink'],
    context: { reason: 'ack_timeout' },
  },
  {
    title: 'the daemon stops before a link is ready',
    lines: ['admission.granted > awaitingAck : beginHandshake', 'drain > closed : endLink'],
    context: { reason: 'drained' },
  },
  {
    title: 'a legacy reader falls below retention',
    lines: [...served, 'lag.rose > ready.congested', 'retention.passed > closed : detach destroyLink'],
    context: { reason: 'retention' },
  },
  {
    title: 'a peer that does not read its last answers is left',
    lines: [...drained, 'after drainTimeout > closed : destroyLink'],
    context: { reason: 'drained' },
  },
  {
    title: 'a link that breaks while it drains',
    lines: [...drained, 'link.closed > closed'],
    context: { reason: 'peer' },
  },
  {
    title: 'a byte stream that cannot be read on',
    lines: [...served, 'framing.broken > closed : detach destroyLink'],
    context: { reason: 'framing' },
  },
  {
    title: 'a fault of ours closes its link alone',
    lines: [...served, 'fault.raised > closed : detach destroyLink'],
    context: { reason: 'fault' },
  },
]

const serving = ['listeners.bound > serving']
const draining = [...serving, 'drain > draining.waiting : announceDrain']
const cancelling = [...draining, 'after drainDeadline > draining.cancelling : cancelTasks']
const forcing = [...cancelling, 'after cancelDeadline > forcing : killTasks']

const broker: readonly Walk[] = [
  {
    title: 'it serves, then drains with nothing to wait for',
    lines: [
      ...serving,
      'tasks.settled .',
      'drain > draining.waiting : announceDrain',
      'drain .',
      'tasks.settled > stopped : drainConnections',
    ],
    context: { drainDeadlineMs: 1_000 },
  },
  { title: 'stopped before it served', lines: ['drain > stopped : drainConnections'] },
  { title: 'forced before it served', lines: ['force > stopped : drainConnections'] },
  {
    title: 'a task outlives the deadline, its cancellation and its end by force',
    lines: [...forcing, 'after cancelDeadline > stopped : drainConnections'],
  },
  {
    title: 'a task ends by force',
    lines: [...serving, 'force > forcing : killTasks', 'tasks.settled > stopped : drainConnections'],
  },
  { title: 'asked a second time', lines: [...draining, 'force > forcing : killTasks', 'force .'] },
]

const running = ['slot.granted > starting : startRun', 'run.started > running.active : announceStarted']
const cancelled = [...running, 'cancel > running.cancelling : cancelRun']
const closing = [...running, 'close > running.closing : cancelRun']
const interrupted = [
  ...running,
  'run.interrupted > settled.resumable : announceInterrupted settle(resumable)',
]

const task: readonly Walk[] = [
  {
    title: 'it completes, runs again, fails, and is put away',
    lines: [
      ...running,
      'run.completed > settled.completed : announceCompleted settle(completed)',
      'resume > queued',
      'slot.granted > starting : startRun',
      'run.started > running.active : announceStarted',
      'run.failed > settled.failed : announceFailed settle(failed)',
      'close > closed : announceClosed',
    ],
    context: { exit: { code: 1 }, outcome: 'broken', runs: 2 },
  },
  {
    title: 'it completes',
    lines: [...running, 'run.completed > settled.completed : announceCompleted settle(completed)'],
    context: { exit: { code: 0 }, outcome: 'done', runs: 1 },
  },
  {
    title: 'it asks and is answered',
    lines: [
      ...running,
      'ask.opened > running.interactive : announceInteractive',
      'ask.opened .',
      'asks.answered > running.active : announceActive',
      'asks.answered .',
    ],
  },
  { title: 'cancelled before it ran', lines: ['cancel > settled.aborted : announceAborted settle(aborted)'] },
  { title: 'closed before it ran', lines: ['close > closed : announceAborted announceClosed'] },
  {
    title: 'it cannot be started',
    lines: [
      'slot.granted > starting : startRun',
      'kill : killRun',
      'run.failed > settled.failed : announceNotStarted settle(failed)',
    ],
    context: { exit: { code: 1 }, outcome: 'broken', runs: 1 },
  },
  {
    title: 'its runner is lost while it starts',
    lines: [
      'slot.granted > starting : startRun',
      'run.interrupted > settled.resumable : announceInterrupted settle(resumable)',
    ],
    context: { outcome: 'lost' },
  },
  { title: 'its runner is lost while it runs', lines: interrupted, context: { outcome: 'lost', runs: 1 } },
  {
    title: 'cancelled while it starts, it still says that it started',
    lines: [
      'slot.granted > starting : startRun',
      'cancel > running.cancelling : cancelRun',
      'run.started : announceStarted',
      'run.failed > settled.aborted : announceAborted settle(aborted)',
    ],
    context: { exit: { code: 1 }, outcome: 'broken', runs: 1 },
  },
  {
    title: 'closed while it starts, it still says that it started',
    lines: [
      'slot.granted > starting : startRun',
      'close > running.closing : cancelRun',
      'run.started : announceStarted',
      'run.failed > closed : announceAborted announceClosed',
    ],
    context: { exit: { code: 1 }, outcome: 'broken' },
  },
  {
    title: 'however it ends after a cancel, it was cancelled: completed',
    lines: [
      ...cancelled,
      'cancel',
      'kill : killRun',
      'run.completed > settled.aborted : announceAborted settle(aborted)',
      'cancel .',
    ],
    context: { exit: { code: 0 }, outcome: 'done' },
  },
  {
    title: 'however it ends after a cancel, it was cancelled: lost',
    lines: [...cancelled, 'run.interrupted > settled.aborted : announceAborted settle(aborted)'],
    context: { outcome: 'lost' },
  },
  {
    title: 'however it ends after a close, it is closed: completed',
    lines: [
      ...closing,
      'cancel',
      'close',
      'run.completed > closed : announceAborted announceClosed',
      'resume .',
    ],
    context: { exit: { code: 0 }, outcome: 'done' },
  },
  {
    title: 'however it ends after a close, it is closed: lost',
    lines: [...closing, 'run.interrupted > closed : announceAborted announceClosed'],
    context: { outcome: 'lost' },
  },
  {
    title: 'closed while it is being cancelled',
    lines: [...cancelled, 'close > running.closing : cancelRun'],
  },
]

const dialling = ['connect > connecting.dialling : dial']
const ready = [
  ...dialling,
  'connection.ready > connecting.greeting : greet',
  'session.opened > ready : resumeSession',
]
const waiting = [...dialling, 'connection.closed > backingOff : armBackOff']

const client: readonly Walk[] = [
  {
    title: 'it connects, loses its link, comes back, is done',
    lines: [
      ...ready,
      'connection.closed > backingOff : suspendRequests armBackOff',
      'backOff.elapsed > connecting.dialling : disarmBackOff dial',
      'connection.ready > connecting.greeting : greet',
      'session.opened > ready : resumeSession',
      'disconnect > closed : suspendRequests release',
    ],
    context: { failures: 0 },
  },
  {
    title: 'an answered Hello forgets the attempts that failed before it',
    lines: [
      ...waiting,
      'backOff.elapsed > connecting.dialling : disarmBackOff dial',
      'connection.ready > connecting.greeting : greet',
      'session.opened > ready : resumeSession',
    ],
    context: { failures: 0 },
  },
  {
    title: 'its user will not wait; then no attempt is left',
    lines: [
      ...waiting,
      'connect > connecting.dialling : disarmBackOff dial',
      'connection.closed > closed : release',
    ],
    context: { failures: 2 },
  },
  {
    title: 'nobody waits for an attempt any more',
    lines: [...waiting, 'connect > connecting.dialling : disarmBackOff dial', 'abandon > offline : hangUp'],
    context: { failures: 0 },
  },
  {
    title: 'nobody waits for the next attempt any more',
    lines: [...waiting, 'abandon > offline : disarmBackOff'],
    context: { failures: 0 },
  },
  {
    title: 'what answers is not what we speak to',
    lines: [...dialling, 'server.refused > closed : release'],
  },
]

export const walks: Readonly<Record<MachineName, readonly Walk[]>> = { connection, broker, task, client }
