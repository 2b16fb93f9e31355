import { describe, expect, test } from 'vitest'
import { taskMachine } from '../../machines/task.ts'
import { chartOf, statesFrom } from '../../src/inspector/chart.ts'
import type { Happening, Move } from '../../src/inspector/happenings.ts'
import { indexOf, recordedLens } from '../../src/inspector/page/model.ts'
import type { Lens } from '../../src/inspector/page/model.ts'
import { messagesOf } from '../../src/inspector/page/views/messages.ts'

const chart = chartOf(taskMachine)
const index = indexOf({ key: 'callboard/task', namespace: 'callboard', chart })
const edges = statesFrom(chart.root).flatMap((source) =>
  source.transitions.map(({ event }) => `${source.id} ${event}`),
)

let n = 0
const moved = (event: string, from: string | null, to: string | null, source = from): Move => {
  const edge = edges.indexOf(`${source ?? ''} ${event}`)
  const common = { kind: 'move', machine: 'callboard/task', actor: 't', at: ++n, n } as const
  return { ...common, event, from, to, edge: edge === -1 ? null : edge }
}
const said = (happenings: Happening[]) => {
  const lens = { happenings, machines: [index], live: true } as unknown as Lens
  return messagesOf(lens, '', true).map(({ from, to, text }) => `${from} → ${to}: ${text}`)
}

describe('what happened as messages', () => {
  test('a task has its runner start, end and go on: what its machine does is said to the runner', () => {
    const told = said([
      moved('xstate.init', null, 'task.queued'),
      moved('slot.granted', 'task.queued', 'task.starting'),
      moved('run.started', 'task.starting', 'task.running.active'),
      moved('ask.opened', 'task.running.active', 'task.running.interactive'),
      moved('asks.answered', 'task.running.interactive', 'task.running.active'),
      moved('cancel', 'task.running.active', 'task.running.cancelling', 'task.running'),
      moved('kill', 'task.running.cancelling', 'task.running.cancelling', 'task.running'),
      moved('run.failed', 'task.running.cancelling', 'task.settled.aborted'),
    ])
    expect(told).toEqual([
      'task → task: init',
      'broker → task: slot.granted',
      'task → runner: startRun',
      'runner → task: run.started',
      'runner → task: ask.opened',
      'broker → task: asks.answered',
      'task → runner: answer',
      'broker → task: cancel',
      'task → runner: cancelRun',
      'broker → task: kill',
      'task → runner: killRun',
      'runner → task: run.failed',
    ])
  })

  test('what a client says to a task goes on to its runner, between the command and its answer', () => {
    const common = { kind: 'said', at: 1, seq: 0, frame: '{}' } as const
    const told = said([
      { ...common, n: 1, by: 'client', to: 'connection', link: 'c', task: 't', name: 'SendMessage' },
      { ...common, n: 2, by: 'connection', to: 'client', link: 'c', task: '', name: 'Reply' },
      { ...common, n: 3, by: 'task', to: 'runner', link: '', task: 't', name: 'send' },
    ])
    expect(told).toEqual([
      'client → connection: SendMessage',
      'task → runner: send',
      'connection → client: Reply',
    ])
  })

  test('what a machine did not expect had no effect, and is left out where that is asked for', () => {
    expect(said([moved('slot.granted', 'task.running.active', 'task.running.active', 'nowhere')])).toEqual([])
  })
})

describe('going back in time', () => {
  test('a task stands nowhere before it began and after it was put away, and meanwhile in one state', () => {
    const happenings = [
      moved('xstate.init', null, 'task.queued'),
      moved('slot.granted', 'task.queued', 'task.starting'),
      moved('run.started', 'task.starting', 'task.running.active'),
      moved('run.completed', 'task.running.active', 'task.settled.completed', 'task.running'),
      moved('xstate.stop', 'task.settled.completed', null),
    ]
    const { key } = index.machine
    const counts = [{ key, leaves: index.leafStates.map(() => 0), edges: edges.map(() => 1), refused: 0 }]
    const daemon = { version: '1', pid: 1, epoch: 'e.1', startedAt: 0 }
    const recording = { daemon, recordedAt: 9, machines: [index.machine], counts, happenings }
    const standing = happenings.map((_, place) => {
      const { leaves } = recordedLens(recording, place).figures(key)
      return index.leafStates.filter((_state, leaf) => leaves[leaf] !== 0).map(({ name }) => name)
    })
    expect(standing).toEqual([[], ['queued'], ['starting'], ['active'], ['completed']])
  })
})
