/**
 * How many actors stand in each state of a machine, and how often each edge was taken: always kept, so it must cost
 * next to nothing. It stands where the machine selects its transition, which is the very edge: a number given to it
 * beforehand and that of the state are a place in a table, and that place goes up by one. Who stands where is reckoned from
 * the table when somebody asks. test/bench/counting.ts measures it; nothing is allocated, compared or looked up.
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
  readonly from: string
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
const stopEvent = 'xstate.stop'

export class MachineTally {
  readonly name: string
  readonly chart: Chart
  readonly leaves: readonly Leaf[]
  readonly edges: readonly Edge[]
  /** Those that live, oldest first, by the id in their context. */
  readonly actors = new Map<string, AnyActorRef>()
  /** How often: a row for each state, in it a place for each edge, and one for what was not expected. */
  #taken = new Float64Array(0)
  /** Of each state: actors that began in it, less those that failed or were stopped in it. */
  #came = new Float64Array(0)
  #nodes: readonly AnyStateNode[] = []
  #ways: readonly Numbered[] = []
  #uncertain = false
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
    const found = this.#reckoned()
    if (this.#uncertain) {
      // One failed amid a transition that was counted: those that live say themselves where they stand.
      this.#uncertain = false
      const standing = this.#nodes.map(({ type, order }) => (type === 'final' ? (found[order] ?? 0) : 0))
      for (const actor of this.actors.values()) {
        const order = leafOf(actor.getSnapshot())?.order ?? 0
        standing[order] = (standing[order] ?? 0) + 1
      }
      for (const [order, count] of standing.entries())
        this.#came[order] = (this.#came[order] ?? 0) + count - (found[order] ?? 0)
      return this.populations()
    }
    return this.#nodes.length === 0
      ? this.leaves.map(() => 0)
      : this.#nodes.filter(isLeaf).map(({ order }) => found[order] ?? 0)
  }

  /** By the order of states. */
  #reckoned(): Float64Array {
    const found = Float64Array.from(this.#came)
    this.#each((times, state, edge) => {
      const to = edge === this.edges.length ? state : this.#whereTo(state, edge)
      found[state] = (found[state] ?? 0) - times
      found[to] = (found[to] ?? 0) + times
    })
    return found
  }

  /** How often each edge was taken. */
  counts(): number[] {
    const found = this.edges.map(() => 0)
    this.#each((times, _, edge) => {
      if (edge < found.length) found[edge] = (found[edge] ?? 0) + times
    })
    return found
  }

  /** The id of the state in which a living actor stands. */
  stateOf(id: string): string | undefined {
    const snapshot: AnyMachineSnapshot | undefined = this.actors.get(id)?.getSnapshot()
    return snapshot === undefined ? undefined : leafOf(snapshot)?.id
  }

  /** Counts what this machine's actors do from now on; see Tally.count. */
  attach(machine: AnyStateMachine): void {
    this.#nodes = nodesFrom(machine.root)
    this.#ways = this.#nodes.flatMap((node) => [...node.transitions.values()].flat())
    for (const [index, way] of this.#ways.entries()) way[number] = index
    this.#taken = new Float64Array(this.#nodes.length * (this.edges.length + 1))
    this.#came = new Float64Array(this.#nodes.length)
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
    const taken = this.#taken
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
    this.#come(snapshot, 1)
    const id = this.#idOf(snapshot)
    this.actors.set(id, actor)
    const ended = (): void => {
      // Another one may have begun under its id.
      if (this.actors.get(id) === actor) this.actors.delete(id)
    }
    actor.subscribe({
      complete: () => {
        ended()
        // In a final state it stays and is counted; stopped it stands nowhere.
        const last: AnyMachineSnapshot = actor.getSnapshot()
        if (last.status !== 'done') this.#come(last, -1)
      },
      // Whoever owns it is told too.
      error: () => {
        ended()
        this.#uncertain = true
      },
    })
    return snapshot
  }

  #come(snapshot: AnyMachineSnapshot, change: number): void {
    const { order = 0 } = leafOf(snapshot) ?? {}
    this.#came[order] = (this.#came[order] ?? 0) + change
  }

  #idOf(snapshot: AnyMachineSnapshot): string {
    const context: { readonly id?: unknown } = snapshot.context
    return typeof context.id === 'string' ? context.id : this.name
  }

  #whereTo(from: number, edge: number): number {
    let node: AnyStateNode | undefined = this.#ways[edge]?.target?.[0]
    while (node?.type === 'compound') node = node.initial.target[0]
    return node?.order ?? from
  }

  #each(told: (times: number, state: number, edge: number) => void): void {
    const width = this.edges.length + 1
    for (const [place, times] of this.#taken.entries())
      if (times > 0) told(times, Math.floor(place / width), place % width)
  }
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
