/**
 * Paths through a machine that take, together, every edge that the given events can take: generated from the graph of
 * xstate/graph's TestModel. Each is as long as it can be, since a path over a real socket costs a process.
 */
import { initialTransition, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { TestModel } from 'xstate/graph'
import type { AdjacencyValue } from 'xstate/graph'
import { edgesTaken, stateOf } from './edges.ts'

export interface Step {
  /** Dotted states. */
  readonly before: string
  readonly event: { readonly type: string }
  readonly after: string
  readonly edges: readonly string[]
}

export interface Tour {
  /** Its events, to name a test by. */
  readonly title: string
  readonly steps: readonly Step[]
}

export interface TourOptions {
  readonly events: readonly { type: string }[]
  /** Delays that may pass, such as `drainDeadline`; none if missing. */
  readonly delays?: boolean
  /** Of the context, what guards look at: it belongs to the state. */
  readonly remembers?: (context: never) => string
  /** Whether whoever drives the tour can cause the event in this state. */
  readonly may?: (state: string, event: string) => boolean
}

/** Tours from the machine's start that take every edge which the events can take, each at least once. */
export function tours(machine: AnyStateMachine, input: unknown, options: TourOptions): Tour[] {
  const graph = graphOf(machine, input, options)
  const left = new Set([...graph.values()].flat())
  const found: Tour[] = []
  while (left.size > 0) {
    const tour = oneTour(graph, keyOf(initialTransition(machine, input)[0], options), left)
    if (tour.length === 0) throw new Error(`no way leads to ${[...left].map(({ key }) => key).join(', ')}`)
    const steps = tour.map(({ step }) => step)
    found.push({ title: steps.map(({ event }) => wordOf(event.type)).join(' → '), steps })
  }
  return found
}

/** The path that given events take, with the edges on it. */
export function pathOf(machine: AnyStateMachine, input: unknown, events: readonly { type: string }[]): Tour {
  let [snapshot] = initialTransition(machine, input)
  const steps = events.map((event): Step => {
    const before = stateOf(snapshot)
    const edges = edgesTaken(machine, snapshot, event)
    snapshot = transition(machine, snapshot, event as never)[0]
    return { before, event, after: stateOf(snapshot), edges }
  })
  return { title: events.map(({ type }) => wordOf(type)).join(' → '), steps }
}

/** A step, and where it leads in the graph. */
interface GraphEdge {
  readonly step: Step
  readonly key: string
}

type Graph = ReadonlyMap<string, readonly GraphEdge[]>

function keyOf(state: AnyMachineSnapshot, { remembers }: TourOptions): string {
  return `${stateOf(state)} ${remembers?.(state.context as never) ?? ''}`
}

function graphOf(machine: AnyStateMachine, input: unknown, options: TourOptions): Graph {
  const { events, delays = false, may } = options
  const model = new TestModel<AnyMachineSnapshot, { type: string }, unknown>(machine as never, {
    input,
    limit: 10_000,
    events: (state) => [...events, ...(delays ? delaysOf(state) : [])],
    filterEvents: (state, { type }) => may?.(stateOf(state), type) ?? true,
    serializeState: (state) => keyOf(state, options),
  })
  const nodes = model.getAdjacencyMap() as Record<
    string,
    AdjacencyValue<AnyMachineSnapshot, { type: string }>
  >
  return new Map(
    Object.entries(nodes).map(([key, { state, transitions }]) => [
      key,
      Object.values(transitions).flatMap(({ event, state: next }): GraphEdge[] => {
        const edges = edgesTaken(machine, state, event)
        const step = { before: stateOf(state), event, after: stateOf(next), edges }
        return edges.length === 0 ? [] : [{ step, key: keyOf(next, options) }]
      }),
    ]),
  )
}

function delaysOf({ _nodes: nodes }: AnyMachineSnapshot): { type: string }[] {
  const types = nodes.flatMap((node) => node.ownEvents)
  return types.filter((type) => type.startsWith('xstate.after.')).map((type) => ({ type }))
}

/** From the start to the nearest step that is left, and on, until none can be reached. */
function oneTour(graph: Graph, start: string, left: Set<GraphEdge>): GraphEdge[] {
  const tour: GraphEdge[] = []
  for (let key = start; ;) {
    const way = wayToOneLeft(graph, key, left)
    if (way === undefined) return tour
    for (const edge of way) {
      left.delete(edge)
      tour.push(edge)
    }
    key = way.at(-1)?.key ?? key
  }
}

/** The shortest way that ends with a step that is left; what ends the machine comes last. */
function wayToOneLeft(graph: Graph, from: string, left: ReadonlySet<GraphEdge>): GraphEdge[] | undefined {
  const seen = new Set([from])
  const queue: GraphEdge[][] = [[]]
  let final: GraphEdge[] | undefined
  for (let way = queue.shift(); way !== undefined; way = queue.shift()) {
    for (const edge of graph.get(way.at(-1)?.key ?? from) ?? []) {
      const longer = [...way, edge]
      const ends = (graph.get(edge.key) ?? []).length === 0
      if (left.has(edge) && !ends) return longer
      if (left.has(edge)) final ??= longer
      if (seen.has(edge.key)) continue
      seen.add(edge.key)
      queue.push(longer)
    }
  }
  return final
}

function wordOf(type: string): string {
  return /^xstate\.after\.([^.]+)\./.exec(type)?.[1] ?? type
}
