/**
 * The daemon's run state, and the gate of its data plane: commands are routed where a state is tagged `routing`, events
 * journaled where it is tagged `journaling`. Owner: the broker actor, which asks for the tag. No event is sent for what
 * passes the gate: one for each read took a seventh of a request's round trip.
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
  | { readonly type: 'drain'; readonly deadlineMs: number }
  | { readonly type: 'tasks.settled' }
  | { readonly type: 'force' }

export type BrokerTag = 'routing' | 'journaling'

export const brokerMachine = setup({
  types: {
    input: {} as BrokerInput,
    context: {} as BrokerContext,
    events: {} as BrokerEvent,
    tags: {} as BrokerTag,
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
      tags: 'journaling',
      on: {
        'listeners.bound': { target: 'serving', description: 'Every listener is bound.' },
        drain: { target: 'stopped', description: 'Stopped before it served.' },
        force: { target: 'stopped', description: 'Stopped before it served.' },
      },
    },
    serving: {
      description: 'Commands are routed, events delivered.',
      tags: ['routing', 'journaling'],
      on: {
        drain: { target: 'draining', actions: 'noteDeadline', description: 'Asked to stop.' },
        force: { target: 'forcing', description: 'Asked to stop at once.' },
      },
    },
    draining: {
      description:
        'No new tasks; steering and watching go on. Running tasks may end by themselves until the deadline, then are cancelled.',
      tags: ['routing', 'journaling'],
      entry: 'announceDrain',
      initial: 'waiting',
      on: {
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
      description:
        'Running tasks are ended by force: their last events are heard, no command is routed any more.',
      tags: 'journaling',
      entry: 'killTasks',
      on: {
        'tasks.settled': { target: 'stopped', description: 'No task runs any more.' },
      },
      after: {
        cancelDeadline: { target: 'stopped', description: 'The kernel keeps a process: it is left.' },
      },
    },
    stopped: {
      type: 'final',
      description: 'Nothing is routed or journaled; connections flush and close.',
      entry: 'drainConnections',
    },
  },
})
