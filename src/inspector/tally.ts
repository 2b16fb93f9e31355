/**
 * How many actors stand in each state of a machine, and how often each edge was taken: always kept, so it must cost
 * next to nothing. It stands where the machine selects its transition, which is the very edge: a number given to it
 * beforehand and that of the state are a place in a table, and that place goes up by one. Who stands where is looked for when
 * somebody asks. test/bench/counting.ts measures it; nothing is allocated, compared or looked up.
 */
import { StateMachine } from 'xstate'
import type { AnyActorRef, AnyEventObject, AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate'
import { chartOf, statesFrom } from './chart.ts'
import type { Chart, ChartState, ChartTransition } from './chart.ts'
import { isLeaf, leafOf, nodesFrom } from './state-nodes.ts'

/** A state without states inside. */
export interface Leaf {
  readonly id: string
  readonly final: boolean
}

/** A transition of a chart. */
export interface Edge {
  /** Its place in the chart's edges. */
  readonly index: number
  /** The state that has it, perhaps around the leaf from which it was taken. */
  readonly source: ChartState
  readonly transition: ChartTransition
}

/** One way through a machine. */
export interface Passage {
  readonly machine: MachineTally
  readonly event: string
  /** Undefined: it begins with this. */
  readonly from: string | undefined
  /** Undefined: it was stopped. */
  readonly to: string | undefined
  /** Undefined where the event was not expected in that state. */
  readonly edge: number | undefined
}

/** Told of every transition while somebody looks. */
export interface Recorder {
  /** Before it: gives it its place in the order. */
  begin(): number
  /** After it. `id` names the actor among those of its machine. */
  end(place: number, passage: Passage, id: string): void
}

type Transition = AnyStateMachine['transition']
type Selected = ReturnType<AnyStateMachine['getTransitionData']>[number]

/** On XState's own transition: the edge's number. A map would cost as much again as all the rest. */
const number = Symbol('edge')
interface Numbered extends Selected {
  [number]?: number
}

/** An instance has its own bound ones: a call through those and these would be one too many. */
const machines: AnyStateMachine = StateMachine.prototype
const sweepAtMin = 64
const beginEvent = 'xstate.init'
const stopEvent = 'xstate.stop'

export class MachineTally {
  readonly name: string
  readonly chart: Chart
  readonly leaves: readonly Leaf[]
  readonly edges: readonly Edge[]
  /** How often: a row for each state, in it a place for each edge, and one for what was not expected. */
  #taken = new Float64Array(0)
  /** Of each edge: the final state in which the actor ends by it, or 0. */
  #ends = new Uint16Array(0)
  /** Those that live, and some that were stopped or failed since the last sweep. */
  readonly #actors = new Map<string, AnyActorRef>()
  #sweepAt = sweepAtMin
  #nodes: readonly AnyStateNode[] = []
  #recorder: Recorder | undefined
  #machine: AnyStateMachine | undefined
  /** The edge selected in the transition that is being recorded. */
  #selected: number | undefined

  constructor(chart: Chart) {
    this.name = chart.name
    this.chart = chart
    const states = statesFrom(chart.root)
    this.leaves = states
      .filter(({ states: inner }) => inner.length === 0)
      .map(({ id, type }) => ({ id, final: type === 'final' }))
    this.edges = states
      .flatMap((source) => source.transitions.map((transition) => ({ source, transition })))
      .map((edge, index) => ({ index, ...edge }))
  }

  /** Events that came where the machine does not expect them. */
  get refused(): number {
    let sum = 0
    this.#each((times, _, edge) => {
      if (edge === this.edges.length) sum += times
    })
    return sum
  }

  /** Actors in each leaf now; of a final one: that ended in it. */
  populations(): number[] {
    const found = new Float64Array(this.#nodes.length)
    for (const actor of this.living().values()) {
      const order = leafOf(actor.getSnapshot())?.order ?? 0
      found[order] = (found[order] ?? 0) + 1
    }
    this.#each((times, _, edge) => {
      const to = this.#ends[edge]
      if (to !== undefined && to > 0) found[to] = (found[to] ?? 0) + times
    })
    const leaves = this.#nodes.filter(isLeaf)
    return this.leaves.map((_, place) => found[leaves[place]?.order ?? -1] ?? 0)
  }

  /** Those that live, oldest first, by the id in their context. */
  living(): ReadonlyMap<string, AnyActorRef> {
    for (const [id, actor] of this.#actors)
      if (actor.getSnapshot().status !== 'active') this.#actors.delete(id)
    this.#sweepAt = this.#actors.size * 2 + sweepAtMin
    return this.#actors
  }

  /** How often each edge was taken. */
  counts(): number[] {
    const found = this.edges.map(() => 0)
    this.#each((times, _, edge) => {
      if (edge < found.length) found[edge] = (found[edge] ?? 0) + times
    })
    return found
  }

  /** The living actor of an id. */
  actor(id: string): AnyActorRef | undefined {
    const actor = this.#actors.get(id)
    return actor?.getSnapshot().status === 'active' ? actor : undefined
  }

  /** The id of the state in which a living actor stands. */
  stateOf(id: string): string | undefined {
    const snapshot: AnyMachineSnapshot | undefined = this.actor(id)?.getSnapshot()
    return snapshot === undefined ? undefined : leafOf(snapshot)?.id
  }

  /** Counts what this machine's actors do from now on; see Tally.count. */
  attach(machine: AnyStateMachine): void {
    this.#nodes = nodesFrom(machine.root)
    const ways: Numbered[] = this.#nodes.flatMap((node) => [...node.transitions.values()].flat())
    for (const [index, way] of ways.entries()) way[number] = index
    this.#ends = Uint16Array.from(ways, endOf)
    this.#taken = new Float64Array(this.#nodes.length * (this.edges.length + 1))
    machine.getInitialSnapshot = (scope, input) =>
      this.#begins(machines.getInitialSnapshot.call(machine, scope, input), scope.self)
    machine.restoreSnapshot = (snapshot, scope) =>
      this.#begins(machines.restoreSnapshot.call(machine, snapshot, scope), scope.self)
    machine.getTransitionData = this.#counted(machine)
    this.#machine = machine
  }

  /** See Tally.record. It has functions of its own: without it nobody pays for the question. */
  record(recorder: Recorder | undefined): void {
    const machine = this.#machine
    this.#recorder = recorder
    if (machine === undefined) return
    const select = this.#counted(machine)
    machine.getTransitionData = select
    machine.transition = (before, event, scope) => machines.transition.call(machine, before, event, scope)
    if (recorder === undefined) return
    machine.getTransitionData = (snapshot, event) => {
      const found = select(snapshot, event)
      const [first]: readonly Numbered[] = found
      this.#selected ??= first?.[number]
      return found
    }
    machine.transition = (before, event, scope) => this.#recorded(recorder, machine, before, event, scope)
  }

  #counted(machine: AnyStateMachine): AnyStateMachine['getTransitionData'] {
    const [taken, ends] = [this.#taken, this.#ends]
    const unexpected = this.edges.length
    const width = unexpected + 1
    return (snapshot, event) => {
      const found = machines.getTransitionData.call(machine, snapshot, event)
      const first: Numbered | undefined = found[0]
      const edge = first === undefined ? unexpected : (first[number] ?? unexpected)
      const nodes = snapshot._nodes
      // What is entered is appended: without parallel states the innermost is the last.
      const place = (nodes[nodes.length - 1]?.order ?? 0) * width + edge
      taken[place] = (taken[place] ?? 0) + 1
      if ((ends[edge] ?? 0) > 0) this.#actors.delete(this.#idOf(snapshot))
      return found
    }
  }

  /** An action may lead to other transitions of this machine: what was selected is kept for each of them. */
  #recorded(
    recorder: Recorder,
    machine: AnyStateMachine,
    before: AnyMachineSnapshot,
    event: AnyEventObject,
    scope: Parameters<Transition>[2],
  ): AnyMachineSnapshot {
    const place = recorder.begin()
    const outer = this.#selected
    this.#selected = undefined
    try {
      const after = machines.transition.call(machine, before, event, scope)
      const to = event.type === stopEvent ? undefined : leafOf(after)?.id
      const edge = this.#selected
      const from = leafOf(before)?.id ?? this.name
      recorder.end(place, { machine: this, event: event.type, from, to, edge }, this.#idOf(before))
      return after
    } finally {
      this.#selected = outer
    }
  }

  #begins(snapshot: AnyMachineSnapshot, actor: AnyActorRef): AnyMachineSnapshot {
    if (this.#actors.size >= this.#sweepAt) this.living()
    const id = this.#idOf(snapshot)
    this.#actors.set(id, actor)
    const recorder = this.#recorder
    if (recorder === undefined) return snapshot
    const to = leafOf(snapshot)?.id
    recorder.end(
      recorder.begin(),
      { machine: this, event: beginEvent, from: undefined, to, edge: undefined },
      id,
    )
    return snapshot
  }

  #idOf(snapshot: AnyMachineSnapshot): string {
    const context: { readonly id?: unknown } = snapshot.context
    return typeof context.id === 'string' ? context.id : this.name
  }

  #each(told: (times: number, state: number, edge: number) => void): void {
    const width = this.edges.length + 1
    for (const [place, times] of this.#taken.entries())
      if (times > 0) told(times, Math.floor(place / width), place % width)
  }
}

/** The final state of the machine to which it leads, by its order; 0: to none. */
function endOf({ target }: Numbered): number {
  const [node] = target ?? []
  return node?.type === 'final' && node.parent === node.machine.root ? node.order : 0
}

/** The machines whose actors are counted. */
export class Tally {
  readonly machines: MachineTally[] = []

  /**
   * Counts what actors of this machine do, which must not have been counted before. To be called once, before any of
   * them is made: it changes the machine's own functions, whose actors call them at every event. Throws on a machine
   * with parallel or history states or eventless transitions.
   */
  count(machine: AnyStateMachine): void {
    const tally = new MachineTally(chartOf(machine))
    tally.attach(machine)
    this.machines.push(tally)
  }

  /** Takes a machine in whose actors live elsewhere: it is drawn, and counts nothing. */
  know(machine: AnyStateMachine): void {
    this.machines.push(new MachineTally(chartOf(machine)))
  }

  /** Tells `recorder` of every transition until it is taken off, or nobody with undefined. */
  record(recorder: Recorder | undefined): void {
    for (const machine of this.machines) machine.record(recorder)
  }
}
