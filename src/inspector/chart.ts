/**
 * A machine as plain data: what all drawings are made from, and what `--format json` prints. Made from XState's own
 * definition of the machine, so that a drawing cannot say what the machine does not. Types of XState are not needed:
 * the parts that are read are named here.
 */

export interface Chart {
  readonly name: string
  readonly description: string
  readonly root: ChartState
}

export interface ChartState {
  /** The whole path: `connection.ready.flowing`. The root's is the machine's name. */
  readonly id: string
  readonly name: string
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history'
  readonly description: string
  /** The id of the child that it begins in; null where it has none. */
  readonly initial: string | null
  readonly entry: readonly ChartAction[]
  readonly exit: readonly ChartAction[]
  /** In the order in which they are tried: of two with one event, the first whose guard holds. */
  readonly transitions: readonly ChartTransition[]
  readonly states: readonly ChartState[]
}

export interface ChartAction {
  readonly name: string
  readonly params?: Readonly<Record<string, unknown>>
}

export interface ChartTransition {
  /** `after`: a delay has passed. `always`: at once. `done`: the state's children, or what it started, are through. */
  readonly kind: 'event' | 'after' | 'always' | 'done'
  /** The event's type; of `after` the delay's name; of the others the kind itself. */
  readonly event: string
  readonly guard: string | null
  readonly actions: readonly ChartAction[]
  /** The id of the state it leads to; null: the state is not left. Without actions too, the event is ignored there. */
  readonly target: string | null
  readonly description: string
}

/** What is read of an XState state node. */
export interface StateNode {
  readonly id: string
  readonly key: string
  readonly type: ChartState['type']
  readonly description?: string | undefined
  readonly initial: { readonly target: readonly ({ readonly id: string } | undefined)[] }
  /** As written: to its own lists XState adds the timers of `after`. */
  readonly config: { readonly entry?: unknown; readonly exit?: unknown }
  readonly states: Readonly<Record<string, StateNode>>
  readonly transitions: ReadonlyMap<string, readonly Transition[]>
  readonly always?: readonly Transition[] | undefined
}

interface Transition {
  readonly eventType: string
  readonly guard?: unknown
  readonly actions: readonly unknown[]
  readonly target: readonly { readonly id: string }[] | undefined
  readonly description?: string | undefined
}

/** The chart of a machine. Throws where a transition leads to several states at once: no drawing shows that yet. */
export function chartOf(machine: { readonly root: StateNode }): Chart {
  const root = stateOf(machine.root)
  return { name: root.id, description: root.description, root }
}

/** The state and all below it, in the order of the machine's file. */
export function statesFrom(state: ChartState): ChartState[] {
  return [state, ...state.states.flatMap(statesFrom)]
}

function stateOf(node: StateNode): ChartState {
  return {
    id: node.id,
    name: node.key,
    type: node.type,
    description: node.description ?? '',
    initial: node.type === 'compound' ? (node.initial.target[0]?.id ?? null) : null,
    entry: listOf(node.config.entry).map(named),
    exit: listOf(node.config.exit).map(named),
    transitions: [...[...node.transitions.values()].flat(), ...(node.always ?? [])].map((one) =>
      transitionOf(one, node.id),
    ),
    states: Object.values(node.states).map(stateOf),
  }
}

function transitionOf(transition: Transition, source: string): ChartTransition {
  const [target, second] = transition.target ?? []
  if (second !== undefined)
    throw new Error(`${source}: a transition to several states at once cannot be drawn`)
  return {
    ...triggerOf(transition.eventType, source),
    guard: transition.guard === undefined ? null : named(transition.guard).name,
    actions: transition.actions.map(named),
    target: target?.id ?? null,
    description: transition.description ?? '',
  }
}

/** XState gives delays and ends an event type of its own: `xstate.after.<delay>.<state's id>`, `xstate.done.…`. */
function triggerOf(eventType: string, source: string): Pick<ChartTransition, 'kind' | 'event'> {
  if (eventType === '') return { kind: 'always', event: 'always' }
  if (eventType.startsWith('xstate.done.')) return { kind: 'done', event: 'done' }
  const [start, end] = ['xstate.after.', `.${source}`]
  if (eventType.startsWith(start) && eventType.endsWith(end))
    return { kind: 'after', event: eventType.slice(start.length, -end.length) }
  return { kind: 'event', event: eventType }
}

/** Actions and guards are a name, a name with parameters, or a function, of which nothing can be said. */
function named(given: unknown): ChartAction {
  if (typeof given === 'string') return { name: given }
  if (!isRecord(given) || typeof given['type'] !== 'string') return { name: 'inline' }
  const params = given['params']
  return isRecord(params) ? { name: given['type'], params } : { name: given['type'] }
}

function listOf(given: unknown): readonly unknown[] {
  if (given === undefined) return []
  return Array.isArray(given) ? given : [given]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
