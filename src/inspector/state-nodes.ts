/** XState's own states of a machine, by which actors of it are counted. */
import type { AnyMachineSnapshot, AnyStateNode } from 'xstate'

/** Without states inside. */
export function isLeaf({ type }: AnyStateNode): boolean {
  return type === 'atomic' || type === 'final'
}

/** The innermost state: what is entered is appended to XState's list, and the end of a machine turns it around. */
export function leafOf({ _nodes: nodes }: AnyMachineSnapshot): AnyStateNode | undefined {
  const last = nodes[nodes.length - 1]
  return last !== undefined && isLeaf(last) ? last : nodes[0]
}

/** In the order of the chart. Throws on what the table has no place for. */
export function nodesFrom(node: AnyStateNode): AnyStateNode[] {
  if (node.type === 'parallel' || node.type === 'history' || (node.always ?? []).length > 0)
    throw new Error(`${node.id}: parallel, history and eventless transitions are not counted`)
  return [node, ...Object.values(node.states).flatMap(nodesFrom)]
}

/** `ready.flowing`. */
export function pathOf(value: AnyMachineSnapshot['value']): string {
  if (typeof value === 'string') return value
  return Object.entries(value)
    .map(([key, inner]) => (inner === undefined ? key : `${key}.${pathOf(inner)}`))
    .join(' ')
}
