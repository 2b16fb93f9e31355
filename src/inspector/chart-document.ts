/** Reads a chart back that another program or a file brought: its shape is checked, its size bounded. */
import type { Chart, ChartAction, ChartState, ChartTransition } from './chart.ts'

/** As long as a name in a report may be; the page loads this too, and no bound of the daemon. */
const textCharsMax = 200
const statesMax = 500
const transitionsMax = 2_000

/** The chart in this JSON; undefined where there is none, or one that is too large to be drawn. */
export function parseChart(json: string): Chart | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return readChart(value)
  } catch {
    return undefined
  }
}

/** The same of a parsed value. */
export function readChart(value: unknown): Chart | undefined {
  const room = { states: statesMax, transitions: transitionsMax }
  const root = isRecord(value) ? readState(value['root'], room) : undefined
  if (root === undefined || !isRecord(value)) return undefined
  return { name: text(value['name']), description: text(value['description']), root }
}

interface Room {
  states: number
  transitions: number
}

function readState(value: unknown, room: Room): ChartState | undefined {
  if (!isRecord(value) || room.states-- <= 0) return undefined
  const type = value['type']
  if (
    type !== 'atomic' &&
    type !== 'compound' &&
    type !== 'parallel' &&
    type !== 'final' &&
    type !== 'history'
  )
    return undefined
  const states = list(value['states']).map((one) => readState(one, room))
  const transitions = list(value['transitions']).map(readTransition)
  room.transitions -= transitions.length
  if (room.transitions < 0 || states.includes(undefined)) return undefined
  return {
    id: text(value['id']),
    name: text(value['name']),
    type,
    description: text(value['description']),
    initial: typeof value['initial'] === 'string' ? text(value['initial']) : null,
    entry: list(value['entry']).map(readAction),
    exit: list(value['exit']).map(readAction),
    transitions,
    states: states.filter((one) => one !== undefined),
  }
}

function readTransition(value: unknown): ChartTransition {
  const given = isRecord(value) ? value : {}
  const kind = given['kind']
  return {
    kind: kind === 'after' || kind === 'always' || kind === 'done' ? kind : 'event',
    event: text(given['event']),
    guard: typeof given['guard'] === 'string' ? text(given['guard']) : null,
    actions: list(given['actions']).map(readAction),
    target: typeof given['target'] === 'string' ? text(given['target']) : null,
    description: text(given['description']),
  }
}

function readAction(value: unknown): ChartAction {
  const given = isRecord(value) ? value : {}
  const params = given['params']
  return { name: text(given['name']), ...(isRecord(params) ? { params } : {}) }
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, textCharsMax) : ''
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
