/** The order in which tasks wait, as clients are told it by places, and whether it is one that the protocol promises. */
import type { Seen } from './names.ts'
import { taskOf } from './oracle.ts'
import type { State } from './oracle.ts'

/** Those that wait, in the order of their places. Throws where these are not 1, 2, 3 and on. */
export function inPlaces(seen: Readonly<Record<number, Seen>>): number[] {
  const waiting = Object.entries(seen).flatMap(([task, { place }]) =>
    place === undefined ? [] : [{ task: Number(task), place }],
  )
  const inOrder = waiting.toSorted((one, other) => one.place - other.place)
  if (inOrder.some(({ place }, index) => place !== index + 1))
    throw new Error(`places: ${JSON.stringify(inOrder)}`)
  return inOrder.map(({ task }) => task)
}

/** Higher priorities first; of one client's what came first; clients in turn. */
export function isFair(state: State, told: readonly number[]): boolean {
  const arrival = (task: number): number => state.queue.indexOf(task)
  return told.every((task, at) => {
    const own = taskOf(state, task)
    return (
      told.slice(0, at).every((ahead) => {
        const other = taskOf(state, ahead)
        if (other.priority !== own.priority) return other.priority > own.priority
        return other.client !== own.client || arrival(ahead) < arrival(task)
      }) && clientsInTurn(state, told.slice(0, at + 1))
    )
  })
}

/** Of no client more are ahead of the last one than of that one's own client, but two: one each round, and who began. */
function clientsInTurn(state: State, order: readonly number[]): boolean {
  const last = order.at(-1)
  if (last === undefined) return true
  const { client, priority } = taskOf(state, last)
  const counts = new Map<number, number>()
  for (const task of order) {
    const other = taskOf(state, task)
    if (other.priority === priority) counts.set(other.client, (counts.get(other.client) ?? 0) + 1)
  }
  return [...counts.values()].every((count) => count <= (counts.get(client) ?? 0) + 1)
}
