/** What happens by itself in the model: turns of the queue, what a task's process does, a lease's end, a kill. */
import { approved, leave, taskOf, withLease, withTask } from './oracle.ts'
import type { Phase, State, Task } from './oracle.ts'

const runs: ReadonlySet<Phase> = new Set(['begun', 'running', 'ending'])

/** Every state that may come next by itself; `slots` tasks run at once. None where all has come to rest. */
export function internalSteps(state: State, slots: number): readonly State[] {
  const next = due(state, slots).map((task) => grant(state, task))
  for (const key of Object.keys(state.tasks)) next.push(...ofTask(state, Number(key)))
  for (const [task, { short }] of Object.entries(state.leases))
    if (short) next.push(withLease(state, Number(task), undefined))
  return next
}

/**
 * Who may run next: of the highest priority, of each client what came first. Where clients were told places, those that
 * were keep their order among each other.
 */
function due(state: State, slots: number): readonly number[] {
  const { queue, told, tasks } = state
  if (Object.values(tasks).filter(({ phase }) => runs.has(phase)).length >= slots) return []
  const highest = Math.max(...queue.map((task) => taskOf(state, task).priority))
  const level = queue.filter((task) => taskOf(state, task).priority === highest)
  const clientOf = (task: number): number => taskOf(state, task).client
  const firsts = level.filter((task) => level.find((one) => clientOf(one) === clientOf(task)) === task)
  const firstTold = told?.find((task) => level.includes(task))
  return firsts.filter((task) => told?.includes(task) !== true || task === firstTold)
}

function grant(state: State, task: number): State {
  const begun = withTask(state, task, { ...taskOf(state, task), phase: 'begun' })
  const without = (all: readonly number[]): readonly number[] => all.filter((one) => one !== task)
  return {
    ...begun,
    queue: without(state.queue),
    told: state.told === undefined ? undefined : without(state.told),
  }
}

function ofTask(state: State, task: number): readonly State[] {
  const it = taskOf(state, task)
  if (it.phase === 'begun') return [ask(state, task, it)]
  if (it.phase === 'ending') return [leave(state, task, it.closing ? 'closed' : 'aborted')]
  const done = it.phase === 'running' && it.kind !== 'deaf' && it.open.length === 0
  return done ? [leave(state, task, 'completed')] : []
}

function ask(state: State, task: number, it: Task): State {
  const asked = it.kind === 'asks' ? ['approve'] : it.kind === 'two' ? ['approve', 'say'] : []
  const open = asked.map((text) => askName(task, it.run, text))
  return approved(withTask(state, task, { ...it, phase: 'running', open }), task)
}

/** An ask's name in the model: of a task's run, by its text. */
export function askName(task: number, run: number, text: string): string {
  return `${task}.${run}.${text}`
}

/** `kill -9` and the next start: what ran is interrupted, what waited waits on, in an order that has yet to be told. */
export function killed(state: State): State {
  // Who had answered an ask is remembered by the daemon that died.
  let next: State = { ...state, told: undefined, ended: {} }
  for (const [key, { phase, closing }] of Object.entries(state.tasks)) {
    if (!runs.has(phase)) continue
    const after = closing ? 'closed' : phase === 'ending' ? 'aborted' : 'resumable'
    next = leave(next, Number(key), after, { outcome: 'interrupted' })
  }
  return next
}
