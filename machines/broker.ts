/**
 * The daemon's run state, and the gate of its data plane: outside `serving` and `draining` nothing is routed or
 * delivered. Owner: the broker actor. It gets one event per batch (one socket read, one runner read), never one per
 * message: the action of the state runs the loop.
 */
import { assign, setup } from 'xstate'

export interface BrokerInput {
  readonly cancelGraceMs: number
  /** How long after KILL a process is waited for. */
  readonly reapDeadlineMs: number
}

export interface BrokerContext extends BrokerInput {
  /** From the start of the drain to the cancelling of running tasks. */
  readonly drainDeadlineMs: number
}

export type BrokerEvent =
  | { readonly type: 'listeners.bound' }
  /** One read of a connection: its messages wait in the connection's inbox. */
  | { readonly type: 'commands.received'; readonly connectionId: string }
  /** One read of a runner: its events wait in the broker's hands. */
  | { readonly type: 'events.produced' }
  | { readonly type: 'drain'; readonly deadlineMs: number }
  | { readonly type: 'tasks.settled' }
  | { readonly type: 'force' }

export const brokerMachine = setup({
  types: {
    input: {} as BrokerInput,
    context: {} as BrokerContext,
    events: {} as BrokerEvent,
  },
  delays: {
    drainDeadline: ({ context }) => context.drainDeadlineMs,
    /** A cancelled task has TERM, the grace and KILL before it; the grace may be nothing at all. */
    cancelDeadline: ({ context }) => context.cancelGraceMs + context.reapDeadlineMs,
  },
  actions: {
    noteDeadline: assign(({ event }) =>
      event.type === 'drain' ? { drainDeadlineMs: event.deadlineMs } : {},
    ),
    /** Runs each command of the connection's inbox, in order. */
    routeCommands: () => {},
    /** Appends what was produced to the journal, then marks its readers for delivery. */
    appendEvents: () => {},
    /** Tells native clients; answers new tasks `draining` from now on. */
    announceDrain: () => {},
    /** Cancels every task that still runs. */
    cancelTasks: () => {},
    /** Ends every task that still runs by force. */
    killTasks: () => {},
    /** Lets every connection flush and close. */
    drainConnections: () => {},
  },
}).createMachine({
  id: 'broker',
  description: 'The daemon from its first listener to its last byte.',
  context: ({ input }) => ({ ...input, drainDeadlineMs: 0 }),
  initial: 'starting',
  states: {
    starting: {
      description: 'Nothing listens yet; what a crash interrupted is journaled here.',
      on: {
        'listeners.bound': { target: 'serving', description: 'Every listener is bound.' },
        'events.produced': { actions: 'appendEvents', description: 'Events of recovery.' },
        drain: { target: 'stopped', description: 'Stopped before it served.' },
        force: { target: 'stopped', description: 'Stopped before it served.' },
      },
    },
    serving: {
      description: 'Commands are routed, events delivered.',
      on: {
        'commands.received': { actions: 'routeCommands', description: 'One read of one link.' },
        'events.produced': { actions: 'appendEvents', description: 'One read of one runner.' },
        drain: { target: 'draining', actions: 'noteDeadline', description: 'Asked to stop.' },
        force: { target: 'forcing', description: 'Asked to stop at once.' },
      },
    },
    draining: {
      description: 'No new tasks; running ones may end by themselves until the deadline, then are cancelled.',
      entry: 'announceDrain',
      initial: 'waiting',
      on: {
        'commands.received': { actions: 'routeCommands', description: 'Steering and watching go on.' },
        'events.produced': { actions: 'appendEvents', description: 'Running tasks are still heard.' },
        'tasks.settled': { target: 'stopped', description: 'No task runs any more.' },
        force: { target: 'forcing', description: 'Asked a second time.' },
      },
      states: {
        waiting: {
          description: 'Running tasks may end by themselves.',
          after: { drainDeadline: { target: 'cancelling', description: 'The deadline has passed.' } },
        },
        cancelling: {
          description: 'Running tasks are being cancelled.',
          entry: 'cancelTasks',
          after: { cancelDeadline: { target: '#broker.forcing', description: 'A task ignores its end.' } },
        },
      },
    },
    forcing: {
      description: 'Running tasks are ended by force.',
      entry: 'killTasks',
      on: {
        'events.produced': { actions: 'appendEvents', description: 'Their last events.' },
        'commands.received': { description: 'Too late: no command is routed any more.' },
        'tasks.settled': { target: 'stopped', description: 'No task runs any more.' },
      },
      after: {
        cancelDeadline: { target: 'stopped', description: 'The kernel keeps a process: it is left.' },
      },
    },
    stopped: {
      type: 'final',
      description: 'Nothing is routed or delivered; connections flush and close.',
      entry: 'drainConnections',
    },
  },
})
