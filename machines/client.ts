/**
 * The reconnecting end: what a CallboardClient is doing. Owner: the client actor. A connection machine runs the link;
 * this one decides when to dial, when to wait and when to give up. It is `ready` when its Hello was answered, not when
 * the Ack came: a server that acknowledges and then closes counts as a failed attempt, or it would be dialled without end.
 */
import { assign, setup } from 'xstate'

export interface ClientInput {
  readonly id: string
  readonly firstBackOffMs: number
  readonly lastBackOffMs: number
  /** Attempts in a row that may fail before it gives up; null: never. */
  readonly attemptsMax: number | null
}

export interface ClientContext extends ClientInput {
  /** Attempts that failed since the last answered Hello. */
  readonly failures: number
}

export type ClientEvent =
  | { readonly type: 'connect' }
  | { readonly type: 'connection.ready' }
  | { readonly type: 'connection.closed' }
  | { readonly type: 'session.opened' }
  | { readonly type: 'backOff.elapsed' }
  | { readonly type: 'server.refused' }
  | { readonly type: 'abandon' }
  | { readonly type: 'disconnect' }

export const clientMachine = setup({
  types: {
    input: {} as ClientInput,
    context: {} as ClientContext,
    events: {} as ClientEvent,
  },
  guards: {
    attemptsLeft: ({ context }) => context.attemptsMax === null || context.failures + 1 < context.attemptsMax,
  },
  actions: {
    countFailure: assign(({ context }) => ({ failures: context.failures + 1 })),
    forgetFailures: assign(() => ({ failures: 0 })),
    /** Opens a link with a connection machine of its own. */
    dial: () => {},
    /** Says Hello, with the session to resume after a reconnect, and what can be said before its answer. */
    greet: () => {},
    /** Opens the link to commands: takes the subscription up where it was, sends what waits. */
    resumeSession: () => {},
    /** Keeps what is in flight for the next connection, where it is decided by its kind. */
    suspendRequests: () => {},
    /** Sets a timer of a random length up to the back-off, which ends in `backOff.elapsed`. */
    armBackOff: () => {},
    disarmBackOff: () => {},
    /** Closes the link of an attempt that nobody waits for any more. */
    hangUp: () => {},
    /** Closes the link, refuses what waits, ends the event loop. */
    release: () => {},
  },
}).createMachine({
  id: 'client',
  description: 'A client that stays connected to one daemon.',
  context: ({ input }) => ({ ...input, failures: 0 }),
  initial: 'offline',
  on: {
    disconnect: { target: '.closed', description: 'Its user is done.' },
  },
  states: {
    offline: {
      description: 'Not asked to connect yet.',
      on: { connect: { target: 'connecting', description: 'Its user wants a connection.' } },
    },
    connecting: {
      description: 'An attempt: dialling, then saying Hello.',
      initial: 'dialling',
      on: {
        'connection.closed': [
          {
            guard: 'attemptsLeft',
            target: 'backingOff',
            actions: 'countFailure',
            description: 'Not reached: try again later.',
          },
          { target: 'closed', actions: 'countFailure', description: 'Not reached, and no attempt is left.' },
        ],
        'server.refused': { target: 'closed', description: 'What answers there is not what we speak to.' },
        abandon: {
          target: 'offline',
          actions: ['forgetFailures', 'hangUp'],
          description: 'Nobody waits for it any more.',
        },
      },
      states: {
        dialling: {
          description: 'The socket opens, and the server speaks first.',
          entry: 'dial',
          on: { 'connection.ready': { target: 'greeting', description: 'The Ack of this connection came.' } },
        },
        greeting: {
          description: 'Hello is said, its answer awaited.',
          entry: 'greet',
          on: { 'session.opened': { target: '#client.ready', description: 'Hello was answered.' } },
        },
      },
    },
    ready: {
      description: 'Commands go out, events come in.',
      entry: ['forgetFailures', 'resumeSession'],
      exit: 'suspendRequests',
      on: {
        'connection.closed': { target: 'backingOff', description: 'The link was lost.' },
      },
    },
    backingOff: {
      description: 'Waits before the next attempt, longer after each failure, never in step with others.',
      entry: 'armBackOff',
      exit: 'disarmBackOff',
      on: {
        'backOff.elapsed': { target: 'connecting', description: 'The wait is over.' },
        connect: { target: 'connecting', description: 'Its user will not wait.' },
        abandon: {
          target: 'offline',
          actions: 'forgetFailures',
          description: 'Nobody waits for it any more.',
        },
      },
    },
    closed: { type: 'final', description: 'It holds nothing any more.', entry: 'release' },
  },
})
