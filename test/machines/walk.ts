/** A machine's definition as a tree, and what its pure transitions do: for the tests of every machine. */
import { getInitialSnapshot, transition } from 'xstate'
import type { AnyMachineSnapshot, AnyStateMachine, EventFromLogic, InputFrom, SnapshotFrom } from 'xstate'

type Node = AnyStateMachine['root']

function nodesOf(node: Node): Node[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child))]
}

/** Ids of all states. */
export function stateIds(machine: AnyStateMachine): string[] {
  return nodesOf(machine.root).map(({ id }) => id)
}

/** States and transitions without a description. */
export function undescribed(machine: AnyStateMachine): string[] {
  return nodesOf(machine.root).flatMap((node) => [
    ...(node.description === undefined ? [node.id] : []),
    ...[...node.transitions.values()]
      .flat()
      .filter((one) => one.description === undefined)
      .map((one) => `${node.id} ${one.eventType}`),
  ])
}

function valueOf(snapshot: unknown): unknown {
  return (snapshot as AnyMachineSnapshot).value
}

/** Pure steps of one machine. Assignments are not among the actions: the context shows them. */
export function stepper<M extends AnyStateMachine>(machine: M, input: InputFrom<M>) {
  const start = (): SnapshotFrom<M> => getInitialSnapshot(machine, input)
  const step = (snapshot: SnapshotFrom<M>, event: EventFromLogic<M>): [SnapshotFrom<M>, string[]] => {
    const [next, actions] = transition(machine, snapshot, event)
    return [next, actions.map(({ type }) => type).filter((type) => !type.startsWith('xstate.'))]
  }
  /** Where the events lead, and every action on the way, with a line for each event. */
  const after = (...events: EventFromLogic<M>[]) => {
    let snapshot = start()
    const lines: string[] = []
    for (const event of events) {
      const [next, actions] = step(snapshot, event)
      snapshot = next
      lines.push([`${event.type}:`, ...actions].join(' '))
    }
    return { snapshot, lines, state: valueOf(snapshot) }
  }
  return { start, step, after }
}

/** Every state that any of the events can lead to, by breadth-first search from the start. */
export function reachable<M extends AnyStateMachine>(
  machine: M,
  input: InputFrom<M>,
  events: readonly EventFromLogic<M>[],
): Set<string> {
  const { start, step } = stepper(machine, input)
  const seen = new Set<string>()
  const ids = new Set<string>()
  const queue: SnapshotFrom<M>[] = [start()]
  for (let snapshot = queue.shift(); snapshot !== undefined; snapshot = queue.shift()) {
    const key = JSON.stringify(valueOf(snapshot))
    if (seen.has(key)) continue
    seen.add(key)
    for (const { id } of (snapshot as AnyMachineSnapshot)._nodes) ids.add(id)
    for (const event of events) queue.push(step(snapshot, event)[0])
  }
  return ids
}
