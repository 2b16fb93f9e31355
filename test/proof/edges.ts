/**
 * A machine's edges: every transition by a name, such as `connection.ready drain` or `broker.forcing after
 * cancelDeadline`. The ledger, the paths and what an inspected actor takes all speak of edges by these names.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyTransitionDefinition, InspectionEvent } from 'xstate'

type Node = AnyStateMachine['root']

function nodesOf(node: Node): Node[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child))]
}

/** Its state, its event, and its guard where several share both. */
export function edgeName(definition: AnyTransitionDefinition): string {
  const { source, eventType } = definition
  const delay = /^xstate\.after\.([^.]+)\./.exec(eventType)?.[1]
  const event = delay === undefined ? eventType : `after ${delay}`
  const several = (source.transitions.get(eventType) ?? []).length > 1
  return `${source.id} ${event}${several ? ` [${guardName(definition)}]` : ''}`
}

function guardName({ guard }: AnyTransitionDefinition): string {
  return typeof guard === 'string' ? guard : 'else'
}

/** Names of all edges of a machine, sorted. */
export function edgesOf(machine: AnyStateMachine): string[] {
  return nodesOf(machine.root)
    .flatMap((node) => [...node.transitions.values()].flat())
    .map((definition) => edgeName(definition))
    .toSorted()
}

/** States in which a machine can stand, as dotted paths without its id: `ready.flowing`. */
export function atomicStates(machine: AnyStateMachine): string[] {
  return nodesOf(machine.root)
    .filter((node) => Object.keys(node.states).length === 0)
    .map((node) => node.path.join('.'))
}

/** A snapshot's state as a dotted path. */
export function stateOf(snapshot: unknown): string {
  const walk = (value: unknown): string[] =>
    typeof value === 'string'
      ? [value]
      : Object.entries(value ?? {}).flatMap(([key, child]) => [key, ...walk(child)])
  return walk((snapshot as AnyMachineSnapshot).value).join('.')
}

/** The edges that an event takes from a snapshot; none where it is ignored. */
export function edgesTaken(machine: AnyStateMachine, snapshot: unknown, event: { type: string }): string[] {
  const from = snapshot as AnyMachineSnapshot
  if (from.status !== 'active') return []
  return machine.getTransitionData(from, event as never).map((definition) => edgeName(definition))
}

/** Notes the edges that inspected actors take. A machine without an edge of that name is not watched. */
export class EdgeWatch {
  readonly #taken = new Map<string, Set<string>>()

  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.microstep') return
    for (const definition of event._transitions) {
      // The step into the initial state has no event of its own.
      if (definition.eventType === '' || definition.eventType.startsWith('xstate.init')) continue
      const machine = definition.source.machine.id
      const taken = this.#taken.get(machine) ?? new Set()
      this.#taken.set(machine, taken.add(edgeName(definition)))
    }
  }

  /** Edges of a machine with this id that were taken. */
  taken(machineId: string): ReadonlySet<string> {
    return this.#taken.get(machineId) ?? new Set()
  }
}
