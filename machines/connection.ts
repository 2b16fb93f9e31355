/**
 * One link, either end. Owner: the connection actor, which alone sends to it. Being in a lane is the `ready` state: its
 * entry attaches the link to its lane, its exit detaches it; delivery itself never enters this machine.
 * Server: `connecting` is admission, `awaitingAck` the flush of the Ack. Client: the socket's opening, and the Ack.
 */
import { assign, setup } from 'xstate'

export type ConnectionCloseReason =
  'refused' | 'unreachable' | 'ack_timeout' | 'peer' | 'framing' | 'retention' | 'drained' | 'local' | 'fault'

export interface ConnectionInput {
  readonly id: string
  readonly ackTimeoutMs: number
  readonly drainTimeoutMs: number
}

export interface ConnectionContext extends ConnectionInput {
  /** Why it closed; null while it lives. */
  readonly reason: ConnectionCloseReason | null
}

export type ConnectionEvent =
  | { readonly type: 'admission.granted' }
  | { readonly type: 'admission.refused' }
  | { readonly type: 'link.opened' }
  | { readonly type: 'ack.flushed' }
  | { readonly type: 'ack.received' }
  | { readonly type: 'lag.rose' }
  | { readonly type: 'lag.fell' }
  | { readonly type: 'peer.ended' }
  | { readonly type: 'outbox.emptied' }
  | { readonly type: 'framing.broken' }
  | { readonly type: 'retention.passed' }
  | { readonly type: 'drain' }
  | { readonly type: 'close' }
  | { readonly type: 'fault.raised' }
  | { readonly type: 'link.closed' }

export const connectionMachine = setup({
  types: {
    input: {} as ConnectionInput,
    context: {} as ConnectionContext,
    events: {} as ConnectionEvent,
  },
  delays: {
    ackTimeout: ({ context }) => context.ackTimeoutMs,
    drainTimeout: ({ context }) => context.drainTimeoutMs,
  },
  actions: {
    noteReason: assign((_, params: { reason: ConnectionCloseReason }) => ({ reason: params.reason })),
    /** Server: hands the Ack to the socket. Client: nothing to do but wait. */
    beginHandshake: () => {},
    /** Puts the link into its lane (server) or opens it to commands (client), and starts reading. */
    attach: () => {},
    /** Takes the link out of its lane. */
    detach: () => {},
    /** Answers what is in the outbox, takes nothing new. */
    beginDrain: () => {},
    /** Ends the link after what is held has left. */
    endLink: () => {},
    /** Closes the link now. */
    destroyLink: () => {},
  },
}).createMachine({
  id: 'connection',
  description: 'One link, from acceptance or dialling to its end.',
  context: ({ input }) => ({ ...input, reason: null }),
  initial: 'connecting',
  on: {
    close: {
      target: '.closed',
      actions: [{ type: 'noteReason', params: { reason: 'local' } }, 'endLink'],
      description: 'This side closes: what is held still leaves.',
    },
    'link.closed': {
      target: '.closed',
      actions: [{ type: 'noteReason', params: { reason: 'peer' } }],
      description: 'The socket is gone.',
    },
    'framing.broken': {
      target: '.closed',
      actions: [{ type: 'noteReason', params: { reason: 'framing' } }, 'destroyLink'],
      description: 'The byte stream cannot be read on: a limit passed or no frame ends.',
    },
    'fault.raised': {
      target: '.closed',
      actions: [{ type: 'noteReason', params: { reason: 'fault' } }, 'destroyLink'],
      description: 'Our own code threw for this link: it dies alone.',
    },
  },
  states: {
    connecting: {
      description: 'Server: accepted, being admitted. Client: dialling.',
      after: {
        ackTimeout: {
          target: 'closed',
          actions: [{ type: 'noteReason', params: { reason: 'ack_timeout' } }, 'destroyLink'],
          description: 'Nobody answered in time.',
        },
      },
      on: {
        'admission.granted': {
          target: 'awaitingAck',
          description: 'Server: within the limits, not draining.',
        },
        'admission.refused': {
          target: 'closed',
          actions: [{ type: 'noteReason', params: { reason: 'refused' } }, 'destroyLink'],
          description: 'Server: over a limit or draining.',
        },
        'link.opened': { target: 'awaitingAck', description: 'Client: the socket is connected.' },
        'link.closed': {
          target: 'closed',
          actions: [{ type: 'noteReason', params: { reason: 'unreachable' } }],
          description: 'Client: nobody listens there. Server: gone before admission.',
        },
      },
    },
    awaitingAck: {
      description: 'Server: the Ack is leaving. Client: the server speaks first.',
      entry: 'beginHandshake',
      after: {
        ackTimeout: {
          target: 'closed',
          actions: [{ type: 'noteReason', params: { reason: 'ack_timeout' } }, 'destroyLink'],
          description: 'The Ack did not leave, or did not come, in time.',
        },
      },
      on: {
        'ack.flushed': { target: 'ready', description: 'Server: the Ack is in the kernel.' },
        'ack.received': { target: 'ready', description: 'Client: the Ack of this connection.' },
        drain: {
          target: 'closed',
          actions: [{ type: 'noteReason', params: { reason: 'drained' } }, 'endLink'],
          description: 'The daemon stops before the link was ready.',
        },
      },
    },
    ready: {
      description: 'Commands are taken and events delivered.',
      entry: 'attach',
      exit: 'detach',
      initial: 'flowing',
      on: {
        'peer.ended': {
          target: 'draining',
          description: 'The peer writes no more; its answers still leave.',
        },
        drain: { target: 'draining', description: 'The daemon stops.' },
        'retention.passed': {
          target: 'closed',
          actions: [{ type: 'noteReason', params: { reason: 'retention' } }, 'destroyLink'],
          description: 'A legacy reader fell below retention: it cannot be told of a gap.',
        },
      },
      states: {
        flowing: {
          description: 'The reader keeps up.',
          on: { 'lag.rose': { target: 'congested', description: 'Its lag passed the high watermark.' } },
        },
        congested: {
          description: 'The reader is behind; it stays at its cursor and costs nothing more.',
          on: { 'lag.fell': { target: 'flowing', description: 'Its lag fell below the low watermark.' } },
        },
      },
    },
    draining: {
      description: 'Last answers leave; nothing new is taken.',
      entry: 'beginDrain',
      after: {
        drainTimeout: {
          target: 'closed',
          actions: [{ type: 'noteReason', params: { reason: 'drained' } }, 'destroyLink'],
          description: 'The peer does not read: it is left.',
        },
      },
      on: {
        'outbox.emptied': {
          target: 'closed',
          actions: [{ type: 'noteReason', params: { reason: 'drained' } }, 'endLink'],
          description: 'Everything has left.',
        },
      },
    },
    closed: { type: 'final', description: 'The link is gone, and its entries everywhere with it.' },
  },
})
