/**
 * What several clients of one daemon may see, as plain data: tasks, their asks, leases and the queue, written from
 * PROTOCOL.md without a line of src. A step from one state to the next is a command with its answer, or something that
 * happens by itself (internal.ts); legal.ts looks for an order of steps that explains what was seen.
 */

/** `asks`: one approval. `two`: an approval and a question at once. `quick` ends by itself, `deaf` never. */
export type Kind = 'asks' | 'two' | 'quick' | 'deaf'

/** `ending`: it was told to, and its process still lives. */
export type Phase =
  'queued' | 'begun' | 'running' | 'ending' | 'completed' | 'aborted' | 'resumable' | 'closed'

export interface Task {
  readonly kind: Kind
  readonly priority: number
  /** Whose turn it takes: the client that started or resumed it. */
  readonly client: number
  readonly phase: Phase
  /** Of one that is `ending`: it is closed then. */
  readonly closing: boolean
  readonly run: number
  /** Open asks, oldest first. */
  readonly open: readonly string[]
}

export interface Lease {
  readonly client: number
  readonly approves: boolean
  /** It expires in a moment. */
  readonly short: boolean
}

export interface EndedAsk {
  readonly outcome: 'answered' | 'withdrawn' | 'interrupted'
  readonly client?: number
  readonly automatic?: true
}

/** By number, in the order in which clients thought of them. */
export interface State {
  readonly tasks: Readonly<Record<number, Task>>
  readonly leases: Readonly<Record<number, Lease>>
  /** Tasks that wait, by arrival. */
  readonly queue: readonly number[]
  /** The order that clients were told by places; undefined where something has left it since. */
  readonly told: readonly number[] | undefined
  readonly ended: Readonly<Record<string, EndedAsk>>
}

export type Body =
  | { readonly name: 'start'; readonly task: number; readonly kind: Kind; readonly priority: number }
  | { readonly name: 'cancel' | 'close' | 'resume' | 'release'; readonly task: number }
  | {
      readonly name: 'claim'
      readonly task: number
      readonly ttl: 'none' | 'long' | 'short'
      readonly steal: boolean
      readonly approve: 'none' | 'approval' | 'all'
    }
  | { readonly name: 'respond'; readonly task: number; readonly ask: string; readonly fits: boolean }

/** Who sends it: one of the clients, one that only looks, or one that says it runs inside the task it means. */
export type Sender = number | 'observer' | 'inside'

/** An answer as far as the model foretells it: clients by number. */
export interface Answer {
  readonly code: string
  /** Of `not_owner`: who holds the task. */
  readonly holder?: number
  /** Of `unknown_ask`, where that is remembered: how the ask ended. */
  readonly ended?: EndedAsk
}

export interface Outcome {
  readonly state: State
  readonly answer: Answer
}

export const start: State = { tasks: {}, leases: {}, queue: [], told: [], ended: {} }

const ok: Answer = { code: 'ok' }
const settled: ReadonlySet<Phase> = new Set(['completed', 'aborted', 'resumable', 'closed'])

/** What may follow from a command; more than one where the protocol does not say which rejection comes first. */
export function outcomes(state: State, sender: Sender, body: Body): readonly Outcome[] {
  if (sender === 'observer') return [refuse(state, 'unauthorized')]
  if (body.name === 'respond') return respond(state, sender, body)
  if (sender === 'inside') {
    const approves = body.name === 'claim' && body.approve !== 'none'
    return approves ? [refuse(state, 'unauthorized')] : []
  }
  if (body.name === 'start') return [begin(state, sender, body)]
  const lease = state.leases[body.task]
  const held = lease !== undefined && lease.client !== sender
  if (held && !(body.name === 'claim' && body.steal))
    return [{ state, answer: { code: 'not_owner', holder: lease.client } }]
  if (body.name === 'claim') return claim(state, sender, body)
  if (body.name === 'release') return [{ state: withLease(state, body.task, undefined), answer: ok }]
  if (body.name === 'resume') return resume(state, sender, body.task)
  return [{ state: end(state, body.task, body.name === 'close'), answer: ok }]
}

function refuse(state: State, code: string): Outcome {
  return { state, answer: { code } }
}

function begin(
  state: State,
  client: number,
  { task, kind, priority }: Extract<Body, { name: 'start' }>,
): Outcome {
  const made: Task = { kind, priority, client, phase: 'queued', closing: false, run: 1, open: [] }
  return { state: { ...withTask(state, task, made), queue: [...state.queue, task] }, answer: ok }
}

function respond(state: State, sender: Sender, body: Extract<Body, { name: 'respond' }>): readonly Outcome[] {
  const { task, ask, fits } = body
  const it = taskOf(state, task)
  if (!it.open.includes(ask)) {
    const ended = state.ended[ask]
    return [{ state, answer: { code: 'unknown_ask', ...(ended === undefined ? {} : { ended }) } }]
  }
  if (typeof sender !== 'number') return [refuse(state, 'unauthorized')]
  const lease = state.leases[task]
  const held: Outcome[] =
    lease === undefined || lease.client === sender
      ? []
      : [{ state, answer: { code: 'not_owner', holder: lease.client } }]
  const misfit = fits ? [] : [refuse(state, 'invalid_command')]
  if (held.length + misfit.length > 0) return [...held, ...misfit]
  return [{ state: resolve(state, task, ask, { outcome: 'answered', client: sender }), answer: ok }]
}

function claim(state: State, client: number, body: Extract<Body, { name: 'claim' }>): readonly Outcome[] {
  // What it was to run may be erased: then it cannot be resumed first.
  if (taskOf(state, body.task).phase === 'closed')
    return [refuse(state, 'busy'), refuse(state, 'not_resumable')]
  const lease = { client, approves: body.approve !== 'none', short: body.ttl === 'short' }
  return [{ state: approved(withLease(state, body.task, lease), body.task), answer: ok }]
}

function resume(state: State, client: number, task: number): readonly Outcome[] {
  const it = taskOf(state, task)
  if (!settled.has(it.phase)) return [refuse(state, 'busy')]
  const again: Task = { ...it, client, phase: 'queued', closing: false, run: it.run + 1 }
  const taken = { state: { ...withTask(state, task, again), queue: [...state.queue, task] }, answer: ok }
  // What a closed one was to run may be erased.
  return it.phase === 'closed' ? [taken, refuse(state, 'not_resumable')] : [taken]
}

/** Told to end: what waits or has settled does so at once, a process takes its time. */
function end(state: State, task: number, closes: boolean): State {
  const it = taskOf(state, task)
  if (it.phase === 'queued') {
    const left = { ...state, queue: state.queue.filter((one) => one !== task), told: undefined }
    return leave(left, task, closes ? 'closed' : 'aborted')
  }
  if (settled.has(it.phase)) return closes && it.phase !== 'closed' ? leave(state, task, 'closed') : state
  return withTask(state, task, { ...it, phase: 'ending', closing: it.closing || closes })
}

/** A task has ended: what it asks is asked no more, and nobody holds one that is closed. */
export function leave(
  state: State,
  task: number,
  phase: Phase,
  how: EndedAsk = { outcome: 'withdrawn' },
): State {
  const asked = taskOf(state, task).open.reduce((now, ask) => resolve(now, task, ask, how), state)
  const gone = withTask(asked, task, { ...taskOf(asked, task), phase, closing: false })
  return phase === 'closed' ? withLease(gone, task, undefined) : gone
}

export function resolve(state: State, task: number, ask: string, how: EndedAsk): State {
  const it = taskOf(state, task)
  const open = it.open.filter((one) => one !== ask)
  return { ...withTask(state, task, { ...it, open }), ended: { ...state.ended, [ask]: how } }
}

/** Approvals of a task whose holder allows them all are answered. */
export function approved(state: State, task: number): State {
  const lease = state.leases[task]
  if (lease?.approves !== true) return state
  const how = { outcome: 'answered', client: lease.client, automatic: true } as const
  const approvals = taskOf(state, task).open.filter((ask) => ask.endsWith('approve'))
  return approvals.reduce((now, ask) => resolve(now, task, ask, how), state)
}

export function taskOf(state: State, task: number): Task {
  const it = state.tasks[task]
  if (it === undefined) throw new Error(`the model has no task ${task}`)
  return it
}

export function withTask(state: State, task: number, it: Task): State {
  return { ...state, tasks: { ...state.tasks, [task]: it } }
}

export function withLease(state: State, task: number, lease: Lease | undefined): State {
  const { [task]: _, ...others } = state.leases
  return { ...state, leases: lease === undefined ? others : { ...others, [task]: lease } }
}
