import { createActor } from 'xstate'
import { expect, test } from 'vitest'
import { taskMachine } from '../../machines/task.ts'
import type { TaskMachineEvent } from '../../machines/task.ts'
import { reachable, stateIds, stepper, undescribed } from './walk.ts'

const ended = { outcome: 'Exit code 0.', exit: { code: 0 } }
const event = {
  grant: { type: 'slot.granted' },
  started: { type: 'run.started' },
  completed: { type: 'run.completed', ...ended },
  failed: { type: 'run.failed', outcome: 'no', exit: { signal: 'SIGTERM' } },
  interrupted: { type: 'run.interrupted', outcome: 'lost' },
  asks: { type: 'ask.opened' },
  answered: { type: 'asks.answered' },
  cancel: { type: 'cancel' },
  kill: { type: 'kill' },
  close: { type: 'close' },
  resume: { type: 'resume' },
} as const satisfies Record<string, TaskMachineEvent>

const { after, step } = stepper(taskMachine, { id: 't' })
const running = [event.grant, event.started]

test('every state is reached', () => {
  const ids = reachable(taskMachine, { id: 't' }, Object.values(event))
  expect(stateIds(taskMachine).filter((id) => !ids.has(id))).toEqual([])
})

test('every state and transition says what it is', () => {
  expect(stateIds(taskMachine)).toHaveLength(14)
  expect(undescribed(taskMachine)).toEqual([])
})

test('a task that completes', () => {
  const { lines, state, snapshot } = after(...running, event.completed)
  expect(lines).toEqual([
    'slot.granted: startRun',
    'run.started: announceStarted',
    'run.completed: announceCompleted settle',
  ])
  expect(state).toEqual({ settled: 'completed' })
  expect(snapshot.context).toEqual({ id: 't', exit: { code: 0 }, outcome: 'Exit code 0.', runs: 1 })
})

test('a task that asks and is answered', () => {
  expect(after(...running, event.asks, event.answered, event.completed).lines.slice(2)).toEqual([
    'ask.opened: announceInteractive',
    'asks.answered: announceActive',
    'run.completed: announceCompleted settle',
  ])
})

test('a task that cannot be started', () => {
  const { lines, state } = after(event.grant, event.failed)
  expect(lines.at(-1)).toBe('run.failed: announceNotStarted settle')
  expect(state).toEqual({ settled: 'failed' })
})

test('a task that fails', () => {
  const { lines, state } = after(...running, event.failed)
  expect(lines.at(-1)).toBe('run.failed: announceFailed settle')
  expect(state).toEqual({ settled: 'failed' })
})

test.each(['completed', 'failed', 'interrupted'] as const)(
  'a task that was cancelled is aborted, also where its run then says %s',
  (end) => {
    const { lines, state } = after(...running, event.cancel, event.cancel, event[end])
    expect(lines.slice(2, 4)).toEqual(['cancel: cancelRun', 'cancel:'])
    expect(lines.at(-1)).toMatch(/^run\.\w+: announceAborted settle$/)
    expect(state).toEqual({ settled: 'aborted' })
  },
)

test.each(['completed', 'failed', 'interrupted'] as const)(
  'a task that was closed is closed, also where its run then says %s',
  (end) => {
    const { lines, state } = after(...running, event.close, event[end])
    expect(lines[2]).toBe('close: cancelRun')
    expect(lines.at(-1)).toMatch(/^run\.\w+: announceAborted announceClosed$/)
    expect(state).toBe('closed')
  },
)

test('a close while it is being cancelled closes it when it has ended', () => {
  expect(after(...running, event.cancel, event.close, event.failed).state).toBe('closed')
})

test('a task cancelled while it starts still says that it started, before its output and its end', () => {
  expect(after(event.grant, event.cancel, event.started, event.failed).lines.slice(1)).toEqual([
    'cancel: cancelRun',
    'run.started: announceStarted',
    'run.failed: announceAborted settle',
  ])
})

test('a lost runner leaves its task resumable', () => {
  for (const way of [[event.grant], running]) {
    const { lines, state } = after(...way, event.interrupted)
    expect(lines.at(-1)).toBe('run.interrupted: announceInterrupted settle')
    expect(state).toEqual({ settled: 'resumable' })
  }
})

test('a settled task runs again, with its earlier end forgotten and its runs counted', () => {
  const { lines, state, snapshot } = after(...running, event.completed, event.resume, event.grant)
  expect(lines.slice(-2)).toEqual(['resume:', 'slot.granted: startRun'])
  expect(state).toBe('starting')
  expect(snapshot.context).toEqual({ id: 't', exit: null, outcome: '', runs: 2 })
})

test('a restored snapshot settles nobody again, and can be resumed', () => {
  const settled: string[] = []
  const machine = taskMachine.provide({
    actions: { settle: () => settled.push('settled'), startRun: () => settled.push('run') },
  })
  const snapshot = taskMachine.resolveState({
    value: { settled: 'aborted' },
    context: { id: 't', exit: null, outcome: '', runs: 1 },
  })
  const actor = createActor(machine, { input: { id: 't' }, snapshot }).start()
  expect(settled).toEqual([])
  actor.send({ type: 'resume' })
  expect(settled).toEqual([])
  actor.send({ type: 'slot.granted' })
  expect(settled).toEqual(['run'])
})

test('a closed task is final', () => {
  const { snapshot } = after(...running, event.completed, event.close)
  expect(snapshot.status).toBe('done')
})

test('an event out of its place changes nothing and does nothing', () => {
  const outOfPlace: [TaskMachineEvent[], TaskMachineEvent[]][] = [
    [[], [event.started, event.completed, event.failed, event.resume, event.kill, event.answered]],
    [[event.grant], [event.grant, event.resume, event.asks, event.answered]],
    [running, [event.grant, event.started, event.resume, event.answered]],
    [
      [...running, event.cancel],
      [event.asks, event.answered, event.resume],
    ],
    [
      [...running, event.completed],
      [event.started, event.completed, event.failed, event.cancel, event.kill],
    ],
  ]
  for (const [way, events] of outOfPlace) {
    const { snapshot } = after(...way)
    for (const one of [...events, { type: 'nobody.knows' } as unknown as TaskMachineEvent]) {
      const [next, actions] = step(snapshot, one)
      expect([next.value, next.context, actions]).toEqual([snapshot.value, snapshot.context, []])
    }
  }
})
