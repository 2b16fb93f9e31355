/** What clients do at random, and what that is when it comes to it: which task, which ask, which earlier request. */
import fc from 'fast-check'
import type { Names } from './names.ts'
import type { Body, Kind, Sender, State } from './oracle.ts'
import type { Step } from './world.ts'

type Act =
  | 'start'
  | 'flood'
  | 'respond'
  | 'claim'
  | 'release'
  | 'cancel'
  | 'close'
  | 'resume'
  | 'again'
  | 'drop'
  | 'kill'

export interface Draft {
  readonly act: Act
  readonly sender: Sender
  readonly pick: number
  readonly kind: Kind
  readonly priority: number
  readonly ttl: 'none' | 'long' | 'short'
  readonly approve: 'none' | 'approval' | 'all'
  readonly flag: boolean
  /** Its client waits for its answers before it goes on. */
  readonly reads: boolean
}

export const clientCount = 4
const tasksMax = 8

/** `kills`: the daemon is killed now and then. */
export function drafts(kills: boolean): fc.Arbitrary<readonly Draft[]> {
  const acts: fc.Arbitrary<Act>[] = [
    fc.constantFrom('start', 'flood'),
    fc.constant('respond'),
    fc.constantFrom('claim', 'claim', 'claim', 'release'),
    fc.constantFrom('cancel', 'close', 'resume', 'resume'),
    fc.constantFrom('again', 'drop'),
    ...(kills ? [fc.constant<Act>('kill')] : []),
  ]
  const weights = [4, 5, 6, 6, 3, 1]
  const draft = fc.record({
    act: fc.oneof(...acts.map((arbitrary, index) => ({ arbitrary, weight: weights[index] ?? 1 }))),
    sender: fc.oneof(
      // One is busier than the others: what a client does to its own work is as easily got wrong.
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 8, arbitrary: fc.nat(clientCount - 1) },
      { weight: 1, arbitrary: fc.constantFrom('observer', 'inside') },
    ),
    pick: fc.nat(30),
    kind: fc.constantFrom('asks', 'asks', 'two', 'two', 'quick', 'deaf', 'deaf'),
    priority: fc.constantFrom(0, 0, 0, 0, 1, -1),
    ttl: fc.constantFrom('none', 'none', 'long', 'short'),
    approve: fc.constantFrom('none', 'none', 'approval', 'all'),
    flag: fc.boolean(),
    reads: fc.boolean(),
  })
  return fc.array(draft, { minLength: 1, maxLength: 5 })
}

/** The steps of one burst; the state is the one before it. */
export function stepsOf(all: readonly Draft[], state: State, names: Names): Step[] {
  const steps: Step[] = []
  let next = Object.keys(state.tasks).length
  for (const draft of all) {
    const made = eventOf(draft) ?? commandsOf(draft, state, names, next)
    next += made.filter((step) => step.kind === 'command' && step.body.name === 'start').length
    if (!made.some(({ kind }) => kind === 'kill') || !steps.some(({ kind }) => kind === 'kill'))
      steps.push(...made)
  }
  return steps
}

function clientOf({ sender, pick }: Draft): number {
  return typeof sender === 'number' ? sender : pick % clientCount
}

/** What is no command. */
function eventOf(draft: Draft): Step[] | undefined {
  const { act, pick, flag: changed } = draft
  const client = clientOf(draft)
  if (act === 'kill') return [{ kind: 'kill' }]
  if (act === 'drop') return [{ kind: 'drop', client }]
  return act === 'again' ? [{ kind: 'again', client, pick, changed }] : undefined
}

function commandsOf(draft: Draft, state: State, names: Names, next: number): Step[] {
  const { flag, reads } = draft
  const client = clientOf(draft)
  const commands = bodiesOf(draft, state, names, next).map((body): Step => {
    // A task is begun by who can; who only looks or runs inside a task tries the rest.
    const mayBeGuest = body.name === 'respond' || body.name === 'claim' || draft.sender === 'observer'
    const sender = body.name === 'start' || !mayBeGuest ? client : draft.sender
    return { kind: 'command', sender, body, times: flag && body.name !== 'claim' ? 2 : 1 }
  })
  return reads ? [...commands, { kind: 'read', client }] : commands
}

function bodiesOf(draft: Draft, state: State, names: Names, next: number): Body[] {
  const { act, pick, flag, kind, priority, ttl } = draft
  const known = Object.keys(state.tasks).map(Number)
  // Mostly of the last ones, so that clients meet.
  const task = known.at(-1 - (pick % Math.min(pick > 20 ? tasksMax : 3, Math.max(1, known.length))))
  if (act === 'start' || act === 'flood' || task === undefined) {
    const many = Math.min(act === 'flood' ? 3 : 1, tasksMax - next)
    return Array.from({ length: many }, (_, n) => ({ name: 'start', task: next + n, kind, priority }))
  }
  if (act === 'respond') return responses(draft, state, names)
  if (act === 'claim') {
    const approve = draft.sender === 'inside' && draft.approve === 'none' ? 'all' : draft.approve
    return [{ name: 'claim', task, ttl, steal: flag, approve }]
  }
  if (act === 'resume') {
    const settled = known.filter((one) => /completed|aborted|resumable/.test(state.tasks[one]?.phase ?? ''))
    return [{ name: act, task: settled[pick % Math.max(1, settled.length)] ?? task }]
  }
  return act === 'release' || act === 'cancel' || act === 'close' ? [{ name: act, task }] : []
}

/** To an ask that is open, mostly; else to one that has ended. */
function responses({ pick, ttl }: Draft, { tasks, ended }: State, names: Names): Body[] {
  const open = Object.values(tasks).flatMap((task) => task.open)
  const asks = [...open, ...open, ...open, ...Object.keys(ended)].filter((ask) => names.knows(ask))
  const ask = asks[pick % Math.max(1, asks.length)]
  if (ask === undefined) return []
  return [{ name: 'respond', task: Number.parseInt(ask, 10), ask, fits: ttl !== 'short' }]
}
