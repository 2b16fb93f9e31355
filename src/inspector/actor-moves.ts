/**
 * From what XState's inspection tells to moves: which edge of which chart, from where to where. Bounded: what does not
 * fit is left out and counted. Actors that are no state machines (promises, callbacks) are left out.
 */
import { limits } from '../limits.ts'
import type { ActorMove } from '../wire/commands.ts'
import type { Chart, StateNode } from './chart.ts'
import { redactedJson } from './redacted.ts'

/** What is read of an inspection event of XState 5, of whatever version of it. */
export interface Inspection {
  readonly type: string
  readonly actorRef?: unknown
  readonly event?: unknown
  readonly snapshot?: unknown
  readonly _transitions?: unknown
}

interface Known {
  readonly machine: string
  readonly id: string
  /** Ids of the innermost states, with a space between those of parallel ones. */
  state: string
}

interface Report {
  readonly machines?: { name: string; chart: string }[]
  readonly moves: ActorMove[]
  readonly dropped: number
  /** To be called when it has arrived. */
  readonly told: () => void
}

/** Its context becomes text only when it is sent: where nobody looks that would be most of the cost. */
interface Kept {
  readonly move: ActorMove
  readonly context: unknown
}

export class ActorMoves {
  readonly #chartOf: (machine: { readonly root: StateNode }) => Chart
  /** By the machine itself: two may have one name. */
  readonly #charts = new Map<object, { readonly name: string; readonly chart: string; told: boolean }>()
  readonly #actors = new WeakMap<object, Known>()
  #moves: Kept[] = []
  #dropped = 0
  #numbered = 0

  constructor(chartOf: (machine: { readonly root: StateNode }) => Chart) {
    this.#chartOf = chartOf
  }

  get hasNews(): boolean {
    return this.#moves.length > 0
  }

  /** `at`: milliseconds since the Unix epoch. */
  take(inspection: Inspection, at: number): void {
    const { actorRef, snapshot } = inspection
    const { type } = inspection
    if ((type !== '@xstate.microstep' && type !== '@xstate.snapshot') || !isObject(actorRef)) return
    if (!isSnapshot(snapshot) || (type === '@xstate.snapshot' && this.#actors.has(actorRef))) return
    const known = this.#actors.get(actorRef) ?? this.#began(actorRef, snapshot)
    if (known === undefined) return
    const event = eventOf(inspection.event)
    const to = stateOf(snapshot)
    const ended = snapshot.status !== 'active'
    const from = known.state
    const transitions = Array.isArray(inspection._transitions) ? inspection._transitions : []
    const edge = transitions.flatMap(edgeOf)[0]
    // The end of a macrostep without eventless transitions is told too: nothing happened in it.
    if (type === '@xstate.microstep' && from === to && edge === undefined && isInner(event)) return
    known.state = to
    const isBegin = from === ''
    const move = {
      machine: known.machine,
      actor: known.id,
      at,
      event: cut(event),
      ...(isBegin ? {} : { from: cut(from) }),
      ...(ended && event === 'xstate.stop' ? {} : { to: cut(to) }),
      ...(edge === undefined || isBegin ? {} : { edge }),
    }
    this.#keep({ move, context: snapshot.context })
  }

  /** Takes out what one report holds. */
  report(): Report {
    const fresh = [...this.#charts.values()].filter(({ told }) => !told).slice(0, limits.reportedMachinesMax)
    const known = new Set(
      [...this.#charts.values()].filter((one) => one.told || fresh.includes(one)).map(({ name }) => name),
    )
    const kept = this.#moves.filter(({ move }) => known.has(move.machine)).slice(0, limits.inspectedMovesMax)
    const taken = new Set(kept)
    this.#moves = this.#moves.filter((one) => !taken.has(one))
    const dropped = this.#dropped
    this.#dropped = 0
    return {
      ...(fresh.length === 0 ? {} : { machines: fresh.map(({ name, chart }) => ({ name, chart })) }),
      moves: withContexts(kept),
      dropped,
      told: () => {
        for (const one of fresh) one.told = true
      },
    }
  }

  /** Whoever is told next knows no machine yet. */
  forgetTold(): void {
    for (const chart of this.#charts.values()) chart.told = false
  }

  #keep(kept: Kept): void {
    if (this.#moves.length >= limits.inspectedMovesMax) {
      this.#moves.shift()
      this.#dropped++
    }
    this.#moves.push(kept)
  }

  #began(actor: object, snapshot: Snapshot): Known | undefined {
    const machine = this.#machineOf(snapshot.machine)
    if (machine === undefined) return undefined
    const id = 'id' in actor && typeof actor.id === 'string' ? actor.id : 'actor'
    // Ids are unique among the children of one actor alone.
    const known = { machine, id: cut(`${id} ${++this.#numbered}`), state: '' }
    this.#actors.set(actor, known)
    return known
  }

  #machineOf(machine: Snapshot['machine']): string | undefined {
    const known = this.#charts.get(machine)
    if (known !== undefined) return known.name
    if (this.#charts.size >= limits.inspectedMachinesMax) return undefined
    const chart = this.#chartOf(machine)
    const json = JSON.stringify(chart)
    if (json.length > limits.inspectedChartCharsMax) return undefined
    const names = new Set([...this.#charts.values()].map(({ name }) => name))
    const base = cut(chart.name.replaceAll('/', '∕')) || 'machine'
    const name = names.has(base) ? cut(`${base.slice(0, 180)} ${names.size}`) : base
    this.#charts.set(machine, { name, chart: json, told: false })
    return name
  }
}

/** The last of each actor's has it: the page shows no earlier one. */
function withContexts(kept: readonly Kept[]): ActorMove[] {
  const last = new Map(kept.map((one) => [`${one.move.machine}/${one.move.actor}`, one]))
  const shown = new Set(last.values())
  return kept.map((one) =>
    shown.has(one)
      ? { ...one.move, context: redactedJson(one.context, limits.inspectedContextCharsMax - 1) }
      : one.move,
  )
}

interface Snapshot {
  readonly status: string
  readonly context: unknown
  readonly value: unknown
  readonly machine: { readonly root: StateNode }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isSnapshot(value: unknown): value is Snapshot {
  if (!isObject(value) || !('machine' in value) || !('value' in value)) return false
  return isObject(value.machine) && 'root' in value.machine
}

function eventOf(event: unknown): string {
  return isObject(event) && 'type' in event && typeof event.type === 'string' ? event.type : 'unknown'
}

/** Events of XState's own making. */
function isInner(event: string): boolean {
  return event.startsWith('xstate.init') || event === ''
}

/** The ids of the innermost states. */
function stateOf({ value, machine }: Snapshot): string {
  return leaves(value, machine.root.id).join(' ')
}

function leaves(value: unknown, path: string): string[] {
  if (typeof value === 'string') return [`${path}.${value}`]
  if (!isObject(value)) return [path]
  const inner = Object.entries(value)
  return inner.length === 0 ? [path] : inner.flatMap(([key, below]) => leaves(below, `${path}.${key}`))
}

/** A transition's state, and its place among that state's, in the order of its chart. */
function edgeOf(transition: unknown): { source: string; index: number }[] {
  if (!isObject(transition) || !('source' in transition) || !isObject(transition.source)) return []
  const { source } = transition
  if (!('id' in source) || typeof source.id !== 'string' || !('transitions' in source)) return []
  const own = source.transitions instanceof Map ? [...source.transitions.values()].flat() : []
  const always = 'always' in source && Array.isArray(source.always) ? source.always : []
  const index = [...own, ...always].indexOf(transition)
  return index === -1 ? [] : [{ source: source.id, index }]
}

function cut(text: string): string {
  return text.slice(0, limits.inspectedNameCharsMax) || '?'
}
