/**
 * What the page knows: the machines, how often which, and what happened, either as it is now or as a recording has it at
 * some point. Views read a Lens and need not know which.
 */
import { statesFrom } from '../chart.ts'
import type { ChartState } from '../chart.ts'
import type { ActorView } from '../actor-view.ts'
import type { Happening, Move } from '../happenings.ts'
import type { Recording } from '../recording.ts'
import type { Counts, Identity, Meters, ShownMachine } from '../sight.ts'

export interface Figures {
  readonly leaves: number[]
  readonly edges: number[]
  /** Edges taken in a second, as it was lately. */
  readonly rates: number[]
  refused: number
}

export interface MachineIndex {
  readonly machine: ShownMachine
  /** Place of each state without states inside. */
  readonly leaves: ReadonlyMap<string, number>
  readonly leafStates: readonly ChartState[]
  readonly edges: readonly {
    readonly source: ChartState
    readonly event: string
    readonly target: string | null
  }[]
}

export type LiveMeters = Meters & {
  readonly loopDelayP99Ms: number
  readonly pages: number
  readonly now: number
}

export interface Sample {
  readonly at: number
  readonly eventsPerSecond: number
  readonly deliveriesPerSecond: number
  readonly movesPerSecond: number
  readonly loopDelayP99Ms: number
  readonly heapUsedBytes: number
}

/** What a view shows: now, or a moment of a recording. */
export interface Lens {
  readonly live: boolean
  readonly now: number
  readonly machines: readonly MachineIndex[]
  figures(key: string): Figures
  readonly happenings: readonly Happening[]
  readonly daemon: Identity | undefined
}

export function indexOf(machine: ShownMachine): MachineIndex {
  const states = statesFrom(machine.chart.root)
  const leafStates = states.filter(({ states: inner }) => inner.length === 0)
  return {
    machine,
    leafStates,
    leaves: new Map(leafStates.map(({ id }, index) => [id, index])),
    edges: states.flatMap((source) =>
      source.transitions.map(({ event, kind, target }) => ({
        source,
        event: kind === 'after' ? `after ${event}` : event,
        target,
      })),
    ),
  }
}

export function noFigures({ leafStates, edges }: MachineIndex): Figures {
  return { leaves: leafStates.map(() => 0), edges: edges.map(() => 0), rates: edges.map(() => 0), refused: 0 }
}

/** A recording at one of its moments: what came later is taken back from how things stood at its end. */
export function recordedLens(recording: Recording, place: number): Lens {
  const machines = recording.machines.map(indexOf)
  const byKey = new Map(
    machines.map((index) => [index.machine.key, { index, figures: standing(index, recording.counts) }]),
  )
  // The last first: nobody leaves a state that he has not come into.
  const later = recording.happenings.slice(place).toReversed()
  for (const one of later) {
    const known = one.kind === 'move' ? byKey.get(one.machine) : undefined
    if (known !== undefined && one.kind === 'move') takeBack(known.index, known.figures, one)
  }
  const happenings = recording.happenings.slice(0, place)
  const now = happenings.at(-1)?.at ?? recording.happenings[0]?.at ?? recording.recordedAt
  for (const { index, figures } of byKey.values()) countRates(index, figures, happenings, now)
  return {
    live: false,
    now,
    machines,
    happenings,
    daemon: recording.daemon,
    figures: (key) => byKey.get(key)?.figures ?? { leaves: [], edges: [], rates: [], refused: 0 },
  }
}

function standing(index: MachineIndex, counts: readonly Counts[]): Figures {
  const found = counts.find(({ key }) => key === index.machine.key)
  const none = noFigures(index)
  return {
    leaves: none.leaves.map((_, place) => found?.leaves[place] ?? 0),
    edges: none.edges.map((_, place) => found?.edges[place] ?? 0),
    rates: none.rates,
    refused: found?.refused ?? 0,
  }
}

function takeBack(index: MachineIndex, figures: Figures, { from, to, edge }: Move): void {
  for (const [states, change] of [
    [from, 1],
    [to, -1],
  ] as const) {
    for (const id of from === to ? [] : (states?.split(' ') ?? [])) {
      const leaf = index.leaves.get(id)
      if (leaf !== undefined) figures.leaves[leaf] = Math.max(0, (figures.leaves[leaf] ?? 0) + change)
    }
  }
  if (edge === null) figures.refused -= from === null || to === null ? 0 : 1
  else figures.edges[edge] = Math.max(0, (figures.edges[edge] ?? 0) - 1)
}

const rateWindowMs = 2_000

function countRates(
  index: MachineIndex,
  figures: Figures,
  happenings: readonly Happening[],
  now: number,
): void {
  for (let at = happenings.length - 1; at >= 0; at--) {
    const one = happenings[at]
    if (one === undefined || one.at < now - rateWindowMs) return
    if (one.kind !== 'move' || one.machine !== index.machine.key || one.edge === null) continue
    figures.rates[one.edge] = (figures.rates[one.edge] ?? 0) + 1_000 / rateWindowMs
  }
}

/** The states in which a moment's happenings left an actor; undefined where they do not say. */
export function stateOfActor(happenings: readonly Happening[], key: string, id: string): string | undefined {
  const last = happenings.findLast((one) => one.kind === 'move' && one.machine === key && one.actor === id)
  return last?.kind === 'move' ? (last.to ?? undefined) : undefined
}

export type { ActorView, Happening, Identity, Meters, Move, Recording, ShownMachine }
