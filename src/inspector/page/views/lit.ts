/** What an actor's chart shows of it, and by which name an edge is drawn: how hot it is, or whether it can be taken. */
import type { Box } from '../layout/boxes.ts'
import type { Figures } from '../model.ts'

export interface Lit {
  readonly states: readonly string[]
  /** The edge taken last, and its number, so that each taking is shown anew. */
  readonly last: { readonly edge: number; readonly n: number } | undefined
  /** Edges that can be taken now. */
  readonly next: ReadonlySet<number>
  /** The last event was not expected, where it was in this state. */
  readonly refusedIn: string | undefined
}

/** 0 to 4: from never lately to very often. */
function heat(perSecond: number): number {
  if (perSecond <= 0) return 0
  return Math.min(4, Math.max(1, Math.ceil(Math.log10(perSecond * 4 + 1) * 1.6)))
}

export const markers = ['never', 'cold', 'heat1', 'heat2', 'heat3', 'heat4', 'taken', 'next'] as const

export function nameOf(figures: Figures, edge: number, lit: Lit | undefined): (typeof markers)[number] {
  if (lit?.last?.edge === edge) return 'taken'
  if (lit !== undefined) return lit.next.has(edge) ? 'next' : 'cold'
  const level = heat(figures.rates[edge] ?? 0)
  if (level > 0) return markers[level + 1] ?? 'heat4'
  return (figures.edges[edge] ?? 0) > 0 ? 'cold' : 'never'
}

export function isLit(lit: Lit | undefined, { state, isAny }: Box): boolean {
  return (
    lit !== undefined && !isAny && lit.states.some((id) => id === state.id || id.startsWith(`${state.id}.`))
  )
}
