/**
 * Machines of other programs, as inspectTo() reports them: each program has a namespace, its charts, and what its actors
 * were last seen in. Everything is bounded, and what a program says is only ever shown.
 */
import type { InspectorLimits } from './limits.ts'
import type { ActorMove, ActorsReport } from '../wire/commands.ts'
import type { ActorView } from './actor-view.ts'
import type { Watch } from './actor-watch.ts'
import { parseChart } from './chart-document.ts'
import { statesFrom } from './chart.ts'
import type { Chart } from './chart.ts'
import type { Ring } from './happenings.ts'
import type { Counts, ShownMachine } from './sight.ts'

export interface ForeignActor {
  /** Ids of the states it was last seen in, with spaces between those of parallel ones. */
  readonly state: string
  readonly context: string
}

type ForeignLimits = Pick<InspectorLimits, 'namespacesMax' | 'machinesMax' | 'actorsMax'>

class ForeignMachine implements ShownMachine {
  readonly key: string
  readonly namespace: string
  readonly chart: Chart
  readonly actors = new Map<string, ForeignActor>()
  readonly #leaves: ReadonlyMap<string, number>
  readonly #finals: ReadonlySet<string>
  readonly #edges: ReadonlyMap<string, number>
  readonly #populations: number[]
  readonly #taken: number[]
  #refused = 0

  constructor(namespace: string, name: string, chart: Chart) {
    this.key = `${namespace}/${name}`
    this.namespace = namespace
    this.chart = chart
    const states = statesFrom(chart.root)
    const leaves = states.filter((state) => state.states.length === 0)
    this.#leaves = new Map(leaves.map(({ id }, index) => [id, index]))
    this.#finals = new Set(leaves.filter(({ type }) => type === 'final').map(({ id }) => id))
    const edges = states.flatMap((state) => state.transitions.map((_, index) => `${state.id} ${index}`))
    this.#edges = new Map(edges.map((edge, index) => [edge, index]))
    this.#populations = leaves.map(() => 0)
    this.#taken = edges.map(() => 0)
  }

  get counts(): Counts {
    return { key: this.key, leaves: this.#populations, edges: this.#taken, refused: this.#refused }
  }

  /** The place of the move's edge among the chart's. */
  take({ actor, from, to, edge, context }: ActorMove, actorsMax: number): number | null {
    const taken = edge === undefined ? undefined : this.#edges.get(`${edge.source} ${edge.index}`)
    if (taken !== undefined) this.#taken[taken] = (this.#taken[taken] ?? 0) + 1
    else if (from !== undefined && to !== undefined) this.#refused++
    this.#leave(actor)
    if (to === undefined) return taken ?? null
    this.#add(to, 1)
    if (!this.#finals.has(to)) this.actors.set(actor, { state: to, context: context ?? 'null' })
    const oldest = this.actors.size > actorsMax ? this.actors.keys().next().value : undefined
    if (oldest !== undefined) this.#leave(oldest)
    return taken ?? null
  }

  /** How an actor was last seen; what can happen next is what its chart says. */
  view(id: string): ActorView {
    const seen = this.actors.get(id)
    const states = seen === undefined ? [] : seen.state.split(' ')
    const within = (outer: string): boolean =>
      states.some((state) => state === outer || state.startsWith(`${outer}.`))
    const next = statesFrom(this.chart.root)
      .filter(({ id: source }) => within(source))
      .flatMap(({ id: source, transitions }) =>
        transitions.map(({ event, target, guard }) => ({ event, source, target, guard })),
      )
    const context = seen?.context ?? 'null'
    return {
      machine: this.key,
      id,
      alive: seen !== undefined,
      states,
      context,
      next,
      timers: [],
      payloads: [],
    }
  }

  #leave(actor: string): void {
    const known = this.actors.get(actor)
    if (known === undefined) return
    this.#add(known.state, -1)
    this.actors.delete(actor)
  }

  #add(state: string, change: number): void {
    for (const id of state.split(' ')) {
      const index = this.#leaves.get(id)
      if (index !== undefined) this.#populations[index] = (this.#populations[index] ?? 0) + change
    }
  }
}

export class ForeignMachines {
  readonly #limits: ForeignLimits
  /** By namespace, the one not heard of for longest first. */
  readonly #namespaces = new Map<string, Map<string, ForeignMachine>>()

  constructor(limits: ForeignLimits) {
    this.#limits = limits
  }

  all(): ForeignMachine[] {
    return [...this.#namespaces.values()].flatMap((machines) => [...machines.values()])
  }

  get(key: string): ForeignMachine | undefined {
    return this.all().find((machine) => machine.key === key)
  }

  /** Takes a report in; its moves go to the ring too. True where it brought a machine that was not known. */
  take(report: ActorsReport, ring: Ring): boolean {
    const machines = this.#namespace(report.namespace.replaceAll('/', '∕'))
    let isNew = false
    for (const { name, chart } of report.machines ?? []) {
      if (machines.size >= this.#limits.machinesMax || machines.has(name)) continue
      const parsed = parseChart(chart)
      if (parsed === undefined) continue
      machines.set(name, new ForeignMachine(report.namespace, name, parsed))
      isNew = true
    }
    for (const move of report.moves ?? []) {
      const machine = machines.get(move.machine)
      if (machine === undefined) continue
      const { at, actor, event, from = null, to = null } = move
      const edge = machine.take(move, this.#limits.actorsMax)
      ring.add({ kind: 'move', at, machine: machine.key, actor, event, from, to, edge })
    }
    return isNew
  }

  #namespace(name: string): Map<string, ForeignMachine> {
    const known = this.#namespaces.get(name) ?? new Map<string, ForeignMachine>()
    this.#namespaces.delete(name)
    this.#namespaces.set(name, known)
    const oldest = this.#namespaces.keys().next().value
    if (this.#namespaces.size > this.#limits.namespacesMax && oldest !== undefined)
      this.#namespaces.delete(oldest)
    return known
  }
}

/** Looks at one of them: told when it was seen otherwise. */
export class ForeignWatch implements Watch {
  readonly #machine: ForeignMachine
  readonly #id: string
  #shown = ''

  constructor(machine: ForeignMachine, id: string) {
    this.#machine = machine
    this.#id = id
  }

  news(): ActorView | undefined {
    const view = this.#machine.view(this.#id)
    const shown = JSON.stringify(view)
    if (shown === this.#shown) return undefined
    this.#shown = shown
    return view
  }

  [Symbol.dispose](): void {
    this.#shown = ''
  }
}
