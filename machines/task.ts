/**
 * One task's life. Owner: its task actor, which alone sends to it; commands of clients reach it through the broker.
 * `settled` is not final: the snapshot is stored there, the actor leaves memory, and `resume` on the restored snapshot
 * leads on. Only `closed` is final. A wire string never is an event type here.
 */
import { assign, setup } from 'xstate'
import type { Exit } from '../src/wire/events.ts'

/** To be raised with every change after which an older snapshot of this machine means something else. */
export const taskMachineVersion = 1

export interface TaskInput {
  readonly id: string
}

export interface TaskContext extends TaskInput {
  /** How its last run ended; null before the first end. */
  readonly exit: Exit | null
  /** One sentence on its last end. */
  readonly outcome: string
  /** Runs so far. */
  readonly runs: number
}

export type SettledState = 'completed' | 'aborted' | 'failed' | 'resumable'

export type TaskMachineEvent =
  | { readonly type: 'slot.granted' }
  | { readonly type: 'run.started' }
  | { readonly type: 'run.completed'; readonly outcome: string; readonly exit?: Exit }
  | { readonly type: 'run.failed'; readonly outcome: string; readonly exit?: Exit }
  | { readonly type: 'run.interrupted'; readonly outcome: string }
  | { readonly type: 'ask.opened' }
  | { readonly type: 'asks.answered' }
  | { readonly type: 'cancel' }
  | { readonly type: 'kill' }
  | { readonly type: 'close' }
  | { readonly type: 'resume' }

export const taskMachine = setup({
  types: {
    input: {} as TaskInput,
    context: {} as TaskContext,
    events: {} as TaskMachineEvent,
  },
  actions: {
    countRun: assign(({ context }) => ({ runs: context.runs + 1, exit: null, outcome: '' })),
    noteEnd: assign(({ event }) => {
      if (event.type !== 'run.completed' && event.type !== 'run.failed') return {}
      return { exit: event.exit ?? null, outcome: event.outcome }
    }),
    noteInterruption: assign(({ event }) =>
      event.type === 'run.interrupted' ? { exit: null, outcome: event.outcome } : {},
    ),
    /** Hands the task to its runner. */
    startRun: () => {},
    announceStarted: () => {},
    announceCompleted: () => {},
    announceFailed: () => {},
    /** The order of a task that never ran: error, aborted. */
    announceNotStarted: () => {},
    announceAborted: () => {},
    announceInterrupted: () => {},
    announceInteractive: () => {},
    announceActive: () => {},
    announceClosed: () => {},
    /** TERM to the group, then KILL after the grace. */
    cancelRun: () => {},
    killRun: () => {},
    /** Stores the settled task, so that the actor may leave memory. */
    settle: (_, _params: { state: SettledState }) => {},
  },
}).createMachine({
  id: 'task',
  description: 'One task, from its creation over any number of runs to its closing.',
  context: ({ input }) => ({ ...input, exit: null, outcome: '', runs: 0 }),
  initial: 'queued',
  states: {
    queued: {
      description: 'Created; waits for a slot.',
      on: {
        'slot.granted': { target: 'starting', description: 'It may run.' },
        cancel: {
          target: 'settled.aborted',
          actions: 'announceAborted',
          description: 'Cancelled before it ran.',
        },
        close: {
          target: 'closed',
          actions: 'announceAborted',
          description: 'Closed before it ran.',
        },
      },
    },
    starting: {
      description: 'Its runner is starting it.',
      entry: ['countRun', 'startRun'],
      on: {
        'run.started': { target: 'running', actions: 'announceStarted', description: 'It runs.' },
        'run.failed': {
          target: 'settled.failed',
          actions: ['noteEnd', 'announceNotStarted'],
          description: 'It could not be started.',
        },
        'run.interrupted': {
          target: 'settled.resumable',
          actions: ['noteInterruption', 'announceInterrupted'],
          description: 'Its runner was lost.',
        },
        cancel: { target: 'running.cancelling', description: 'Cancelled while it started.' },
        close: { target: 'running.closing', description: 'Closed while it started.' },
        kill: { actions: 'killRun', description: 'Ended by force.' },
      },
    },
    running: {
      description: 'Its run lives.',
      initial: 'active',
      on: {
        'run.completed': {
          target: 'settled.completed',
          actions: ['noteEnd', 'announceCompleted'],
          description: 'It did what it was asked.',
        },
        'run.failed': {
          target: 'settled.failed',
          actions: ['noteEnd', 'announceFailed'],
          description: 'It ended in an error.',
        },
        'run.interrupted': {
          target: 'settled.resumable',
          actions: ['noteInterruption', 'announceInterrupted'],
          description: 'Its runner was lost, not its work.',
        },
        cancel: { target: '.cancelling', description: 'A client cancels it.' },
        close: { target: '.closing', description: 'A client closes it.' },
        kill: { actions: 'killRun', description: 'Ended by force.' },
      },
      states: {
        active: {
          description: 'It works.',
          on: {
            'ask.opened': { target: 'interactive', actions: 'announceInteractive', description: 'It asks.' },
          },
        },
        interactive: {
          description: 'It waits for an answer.',
          on: {
            'asks.answered': {
              target: 'active',
              actions: 'announceActive',
              description: 'No ask is open any more.',
            },
          },
        },
        cancelling: {
          description: 'It was told to end; however it ends, it was cancelled.',
          entry: 'cancelRun',
          on: {
            'run.started': {
              actions: 'announceStarted',
              description: 'Its start is heard of after it was told to end.',
            },
            'run.completed': {
              target: '#task.settled.aborted',
              actions: ['noteEnd', 'announceAborted'],
              description: 'Ended by the cancellation.',
            },
            'run.failed': {
              target: '#task.settled.aborted',
              actions: ['noteEnd', 'announceAborted'],
              description: 'Ended by the cancellation.',
            },
            'run.interrupted': {
              target: '#task.settled.aborted',
              actions: ['noteInterruption', 'announceAborted'],
              description: 'Its runner was lost while it ended it.',
            },
            cancel: { description: 'It is being cancelled already.' },
          },
        },
        closing: {
          description: 'It was told to end, and is closed then.',
          entry: 'cancelRun',
          on: {
            'run.started': {
              actions: 'announceStarted',
              description: 'Its start is heard of after it was told to end.',
            },
            'run.completed': {
              target: '#task.closed',
              actions: ['noteEnd', 'announceAborted'],
              description: 'Ended by the closing.',
            },
            'run.failed': {
              target: '#task.closed',
              actions: ['noteEnd', 'announceAborted'],
              description: 'Ended by the closing.',
            },
            'run.interrupted': {
              target: '#task.closed',
              actions: ['noteInterruption', 'announceAborted'],
              description: 'Its runner was lost while it ended it.',
            },
            cancel: { description: 'It is being ended already.' },
            close: { description: 'It is being closed already.' },
          },
        },
      },
    },
    settled: {
      description: 'No run lives. It can be resumed if its runner can, or closed.',
      initial: 'completed',
      on: {
        resume: { target: 'queued', description: 'It is to run again under the same id.' },
        close: { target: 'closed', description: 'A client puts it away.' },
      },
      states: {
        completed: {
          description: 'It did what it was asked.',
          entry: { type: 'settle', params: { state: 'completed' } },
        },
        aborted: {
          description: 'It was cancelled.',
          entry: { type: 'settle', params: { state: 'aborted' } },
        },
        failed: {
          description: 'It ended in an error, or could not start.',
          entry: { type: 'settle', params: { state: 'failed' } },
        },
        resumable: {
          description: 'It was interrupted, by a crash or by the loss of its runner.',
          entry: { type: 'settle', params: { state: 'resumable' } },
        },
      },
    },
    closed: { type: 'final', description: 'Put away; its history stays.', entry: 'announceClosed' },
  },
})
