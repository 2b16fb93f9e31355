/** Words for what an actor did. */
import type { Move } from '../model.ts'
import { plain } from './figures.ts'

/** The event was not expected where it came. */
export function isRefused({ edge, from, to }: Move): boolean {
  return edge === null && from !== null && to !== null
}

/** `flowing → draining`. */
export function fromTo(move: Move): string {
  const [from, to] = [stateName(move.from), stateName(move.to)]
  if (isRefused(move)) return `not expected in ${from}`
  return from === to ? `${from} ↺` : `${from} → ${to}`
}

function stateName(state: string | null): string {
  return state === null ? '•' : plain(state.slice(state.indexOf('.') + 1), 120)
}

/** XState's own names of delays and ends are long. */
export function eventName(event: string): string {
  const after = /^xstate\.after\.([^.]+)\./.exec(event)?.[1]
  return plain(after === undefined ? event.replace(/^xstate\./, '') : `after ${after}`, 120)
}
